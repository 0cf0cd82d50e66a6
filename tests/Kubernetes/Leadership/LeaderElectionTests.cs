using System.Collections.Concurrent;
using System.Globalization;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Leadership;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Leadership;

public sealed class LeaderElectionTests(ApiServerFixture fixture)
{
    [Fact]
    public async Task SuspendedLeader_WakesUpAfterItsSuccessor_WritesNothing()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var first = new LeaderProcess(fixture.Server, space, "first");
        using var second = new LeaderProcess(fixture.Server, space, "second");
        await Eventually.TrueAsync(() => first.Lines.Contains("standing") && second.Lines.Contains("standing"), 60);

        // Twice, so that a former leader leads again with a new number.
        for (var round = 0; round < 2; round++)
        {
            // 1. The leader is stopped in the pause after an effect; the other takes over.
            var leader = await SuspendAfterAnEffectAsync(first, second);
            var (term, done) = (leader.Epoch, leader.Effects);
            var other = leader == first ? second : first;
            await Eventually.TrueAsync(() => other.Epoch > term, 60);
            var before = other.Effects;
            await Eventually.TrueAsync(() => other.Effects >= before + 5, 60);

            // 2. It wakes in the middle of its loop: the very next write must be refused before it is sent.
            leader.Wake();
            await Eventually.TrueAsync(() => leader.Lines.Contains($"fenced {term}"), 60);
            Assert.DoesNotContain(leader.Lines, line => line == $"effect {term} {done + 1}");
        }

        await AssertNoOverlapAsync(space, 3);
    }

    [Fact]
    public async Task LeaderAskedToStop_GivesTheLeaseBack_SuccessorNeedNotWait()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var first = new LeaderProcess(fixture.Server, space, "first");
        await Eventually.TrueAsync(() => first.Effects > 0, 60);
        first.AskToStop();
        await first.WaitForExitAsync();
        Assert.Contains("asked to stop", first.Lines);
        Assert.Contains("ended", first.Lines);
        using var client = fixture.Server.Client();
        var lease = await client.Resource<V1Lease>().GetAsync("election", space);
        Assert.Equal("", lease!.Spec.HolderIdentity ?? "");

        using var second = new LeaderProcess(fixture.Server, space, "second");
        await Eventually.TrueAsync(() => second.Effects > 0, 60);
        await AssertNoOverlapAsync(space, 2);
    }

    [Fact]
    public async Task Run_ApiServerOutOfReach_TermEndsByItself()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var proxy = new TcpProxy(fixture.Server.Port);
        using var client = fixture.Server.Client(proxy.Port, options: new KubernetesClientOptions { Timeout = TimeSpan.FromSeconds(1) });
        using var stop = new CancellationTokenSource();
        var elector = new LeaderElector(client, new LeaderElectionOptions
        {
            Namespace = space,
            Name = "election",
            Identity = "alone",
            LeaseDuration = TimeSpan.FromSeconds(8),
            RenewDeadline = TimeSpan.FromSeconds(6),
            RetryPeriod = TimeSpan.FromSeconds(0.4),
        });
        var began = new TaskCompletionSource<LeadershipTerm>();
        var lost = new TaskCompletionSource();
        var running = elector.RunAsync(async term =>
        {
            began.TrySetResult(term);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, term.LeadershipLost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lost.TrySetResult();
        }, stop.Token);
        var term = await began.Task;
        Assert.True(elector.IsLeader);
        proxy.Dispose();
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(term.IsLeader);
        Assert.True(elector.Silence > TimeSpan.FromSeconds(1), $"the API server counts as silent for {elector.Silence}");
        Assert.Throws<LeadershipLostException>(term.ThrowIfLost);
        await stop.CancelAsync();
        await running;
    }

    // What earlier terms wrote bears their numbers: a later one with a lower number could write nothing.
    [Fact]
    public async Task LeaseDeleted_TheNextTermCountsForALaterOne()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var client = fixture.Server.Client();
        using var stop = new CancellationTokenSource();
        var epochs = new ConcurrentQueue<long>();
        var elector = new LeaderElector(client, new LeaderElectionOptions
        {
            Namespace = space,
            Name = "election",
            Identity = "alone",
            LeaseDuration = TimeSpan.FromSeconds(3),
            RenewDeadline = TimeSpan.FromSeconds(2),
            RetryPeriod = TimeSpan.FromSeconds(1.1),
        });
        var running = elector.RunAsync(async term =>
        {
            epochs.Enqueue(term.Epoch);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, term.LeadershipLost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }, stop.Token);
        await Eventually.TrueAsync(() => epochs.Count == 1);
        await client.Resource<V1Lease>().DeleteAsync("election", space);
        await Eventually.TrueAsync(() => epochs.Count > 1, 60);
        await stop.CancelAsync();
        await running;
        Assert.Equal(epochs.Distinct().Order(), epochs);
    }

    [Fact]
    public void Options_TimesThatDoNotKeepLeadersApart_Refused()
    {
        using var client = fixture.Server.Client();
        var wrong = new LeaderElectionOptions { Namespace = "a", Name = "b", Identity = "c", RenewDeadline = TimeSpan.FromSeconds(20) };
        Assert.Throws<ArgumentException>(() => new LeaderElector(client, wrong));
    }

    // Caught right after it reported an effect, the process is in the pause that follows it.
    private static async Task<LeaderProcess> SuspendAfterAnEffectAsync(params LeaderProcess[] candidates)
    {
        var seen = candidates.Select(candidate => candidate.Effects).ToArray();
        LeaderProcess? leader = null;
        await Eventually.TrueAsync(() => (leader = candidates.Where((candidate, index) => candidate.Effects > seen[index]).FirstOrDefault()) is not null, 60);
        leader!.Suspend();
        return leader;
    }

    // The server's own order of the writes decides, not anybody's clock.
    private async Task AssertNoOverlapAsync(string space, int terms)
    {
        using var client = fixture.Server.Client();
        var effects = (await client.Resource<V1ConfigMap>().ListAsync(space)).Items
            .Where(map => map.Metadata.Name!.StartsWith("effect-", StringComparison.Ordinal))
            .OrderBy(map => long.Parse(map.Metadata.ResourceVersion!, CultureInfo.InvariantCulture))
            .Select(map => (Epoch: int.Parse(map.Data!["epoch"], CultureInfo.InvariantCulture), By: map.Data["by"]))
            .ToArray();
        Assert.Equal(effects.Select(effect => effect.Epoch).Order(), effects.Select(effect => effect.Epoch));
        Assert.True(effects.Select(effect => effect.Epoch).Distinct().Count() >= terms);
        Assert.All(effects.GroupBy(effect => effect.Epoch), term => Assert.Single(term.Select(effect => effect.By).Distinct()));
    }
}
