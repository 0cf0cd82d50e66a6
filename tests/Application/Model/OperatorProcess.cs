using Federation.Application.Holding;
using Federation.Application.Metering;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Federation.Testing.Usage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Model;

/// <summary>One life of the operator: the real loops on the in-memory ports. A restart is a new one of these.</summary>
internal sealed class OperatorProcess
{
    private readonly Func<CancellationToken, Task>[] passes;

    public OperatorProcess(FakeClock clock, InMemoryChain chain, InMemoryCluster cluster, InMemoryUsage usage, InMemoryHolds holds, InMemoryImages registry, LeasePolicy policy)
    {
        var outbox = new IntentOutbox(clock);
        var health = new OperatorHealth(clock);
        var capacities = new CapacityReader(cluster, cluster, holds.Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock);
        var images = new ImagePinner(registry, clock, NullLogger<ImagePinner>.Instance);
        var gather = new LeaseGatherer(cluster, capacities, FakeHasher.Instance, new WindowReader(usage, FakeHasher.Instance), new ResultReader(chain, FakeHasher.Instance, outbox), images, outbox, policy, clock);
        var reconciler = new LeaseReconciler(gather, cluster, cluster, outbox, NullLogger<LeaseReconciler>.Instance);
        var watcher = new ChainWatcher(chain, chain, cluster, cluster, new WatcherOptions(1, "0xManager", 1), NullLogger<ChainWatcher>.Instance);
        var options = new LoopOptions(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 8);
        outbox.IntentMined += id => Wake!(id);
        outbox.IntentRefused += id => Wake!(id);
        images.Answered += id => Wake!(id);
        var loop = new OperatorLoop(watcher, cluster, reconciler, new LeaseAgenda(clock), health, options, clock, NullLogger<OperatorLoop>.Instance);
        Wake = loop.Wake;
        passes = [loop.PassAsync, new Settler(outbox, chain, NullLogger<Settler>.Instance).PassAsync];
    }

    /// <summary>The cluster's informers saw something of the lease.</summary>
    public Action<LeaseId> Wake { get; }

    /// <summary>One turn of every loop. The ports answer at once, so everything is done when this returns.</summary>
    public void Step()
    {
        foreach (var pass in passes) Try(pass);
    }

    // What the loops do with a failed pass: the next one follows.
    private static void Try(Func<CancellationToken, Task> pass)
    {
        var task = pass(CancellationToken.None);
        Assert.True(task.IsCompleted, "The ports answer at once, so a pass cannot wait.");
        if (task.Exception?.InnerException is { } error and not (KilledException or HttpRequestException or TimeoutException))
            throw new InvalidOperationException("A pass failed with what no port throws.", error);
    }
}
