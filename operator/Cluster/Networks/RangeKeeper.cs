using Federation.Cluster.Watching;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Queueing;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster.Networks;

/// <summary>Keeps what is the datacenter's own up to date, and has all leases looked at when that changes.</summary>
internal sealed class RangeKeeper(OwnRanges ranges, ServerAddresses server, LeaseChanges changes, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookForServer = TimeSpan.FromMinutes(1);
    private static readonly Backoff Pause = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));

    private string? lastProblem;

    /// <summary>Returns when it is known where the API server answers, or that nobody may ask; nodes are seen before.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        for (var tries = 1; !await ReadServerAsync(cancellation); tries++) await Task.Delay(Pause.After(tries), time, cancellation);
        ranges.Refresh();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        var read = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(Look, time, cancellation);
            if (time.GetElapsedTime(read) >= LookForServer)
            {
                await ReadServerAsync(cancellation);
                read = time.GetTimestamp();
            }

            if (ranges.Refresh()) changes.WakeAll();
        }
    }

    /// <returns>False where another try may tell more. What was known before stays known.</returns>
    private async Task<bool> ReadServerAsync(CancellationToken cancellation)
    {
        try
        {
            ranges.SetServer(await server.ReadAsync(cancellation));
            lastProblem = null;
            return true;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            if (lastProblem != error.Message)
                log.LogWarning("It is not known at which addresses the API server answers ({Error}); leases are kept from it where it has a private address, or one that DeniedCidrs names. The installation gives the right to get the endpoints 'kubernetes'.", error.Message);
            lastProblem = error.Message;
            return error is KubernetesException { IsTransient: false };
        }
    }
}
