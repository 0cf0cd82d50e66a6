using System.Diagnostics;
using Federation.Harness.Demo;
using Federation.Harness.Machine;

namespace Federation.Harness.Load;

/// <summary>Two replicas of one operator, of which one leads.</summary>
internal sealed class ReplicaPair(DemoDatacenter site, Faults faults)
{
    private readonly (string Part, string Endpoint)[] replicas = [(site.OperatorPart, site.Endpoint), (site.ReplicaPart, site.ReplicaEndpoint)];

    /// <summary>Kills the one that leads, and starts it again when the other one leads.</summary>
    /// <returns>From the kill until the other one answered that it leads.</returns>
    public async Task<TimeSpan> KillLeaderAsync(CancellationToken cancellation)
    {
        var leader = await LeaderAsync(cancellation);
        var other = 1 - leader;
        var begin = Stopwatch.GetTimestamp();
        await faults.KillAsync(replicas[leader].Part, cancellation);
        await site.WaitUntilReadyAsync(replicas[other].Part, replicas[other].Endpoint, cancellation);
        var took = Stopwatch.GetElapsedTime(begin);
        await faults.StartAsync(replicas[leader].Part, cancellation);
        return took;
    }

    /// <summary>Waits until the one that does not lead has started too, and could.</summary>
    public async Task WaitForStandbyAsync(CancellationToken cancellation)
    {
        var other = replicas[1 - await LeaderAsync(cancellation)];
        using var http = site.NewClient();
        await new Readiness(TimeProvider.System).UntilAsync($"{other.Part}: stands by", TimeSpan.FromMinutes(4), async token =>
        {
            using var answer = await http.GetAsync(new Uri($"{other.Endpoint}/readyz"), token);
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(token);
        }, cancellation);
    }

    private async Task<int> LeaderAsync(CancellationToken cancellation)
    {
        using var http = site.NewClient();
        while (true)
        {
            for (var i = 0; i < replicas.Length; i++)
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri($"{replicas[i].Endpoint}/leading"), cancellation);
                    if (answer.IsSuccessStatusCode) return i;
                }
                catch (Exception error) when (error is HttpRequestException || (error is TaskCanceledException && !cancellation.IsCancellationRequested))
                {
                    // It is being started, or stands still.
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellation);
        }
    }
}
