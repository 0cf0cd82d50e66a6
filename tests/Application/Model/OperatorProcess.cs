using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Model;

/// <summary>One life of the operator on the in-memory ports. A restart is a new one of these.</summary>
internal sealed class OperatorProcess(TimeProvider clock, InMemoryChain chain, InMemoryCluster cluster, InMemoryUsage usage, InMemoryHolds holds, InMemoryImages registry, InMemoryNames names, InMemoryExportSigner signer, IEvidenceStore evidence, LeasePolicy policy)
{
    private readonly OperatorLoops loops = new(
        new OperatorPorts(chain, chain, chain, chain, chain, cluster, cluster, null, cluster, holds.Open(), usage, registry, FakeHasher.Instance) { Names = names, Exports = signer, Evidence = evidence }, clock, policy, new WatcherOptions(1, "0xManager", 1));

    /// <summary>The cluster's informers saw something of the lease.</summary>
    public void Wake(LeaseId id) => loops.Wake(id);

    /// <summary>One turn of every loop. The ports answer at once, so everything is done when this returns.</summary>
    public void Step()
    {
        foreach (var pass in loops.Step(CancellationToken.None)) Check(pass);
    }

    // What the loops do with a failed pass: the next one follows.
    private static void Check(Task task)
    {
        Assert.True(task.IsCompleted, "The ports answer at once, so a pass cannot wait.");
        if (task.Exception?.InnerException is { } error and not (KilledException or HttpRequestException or TimeoutException))
            throw new InvalidOperationException("A pass failed with what no port throws.", error);
    }
}
