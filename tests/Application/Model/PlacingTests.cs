using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>A workload is made when all of it has a place, and a lease that never gets one does not keep its tenant's money.</summary>
public sealed class PlacingTests
{
    private readonly World world = new();

    // The sums are there: the reservation is taken, and activated. The one pod fits on neither node.
    [Fact]
    public void WithoutAPlace_NothingIsMade_UntilThereIsOne()
    {
        var id = Rent();
        world.Pass(60);
        var waiting = world.Cluster.Spaces[id];
        Assert.Equal((null, LeasePhase.Starting), (waiting.Applied, waiting.Status.Phase));
        Assert.Equal(PlacementReasons.Fragmented, Scheduled(waiting.Status).Reason);

        world.Cluster.Nodes = [.. world.Cluster.Nodes, Some.Node("node-c")];
        world.Pass(60);
        var runs = world.Cluster.Spaces[id];
        Assert.Equal(LeasePhase.Running, runs.Status.Phase);
        Assert.Contains(runs.Reserved, s => s.Node == "node-c");
    }

    [Fact]
    public void WithoutAPlaceForItsTime_TheLeaseIsClosed_AndTheDepositComesBack()
    {
        world.Cluster.Keep = world.Cluster.Keep with { StartMs = 100_000 };
        var id = Rent();
        world.Pass(600);
        var lease = world.Chain.Find(id)!.Lease;
        Assert.Equal((LeaseState.Closed, CloseReason.Provider), (lease.State, lease.Reason));
        Assert.Equal((0, 0), ((int)lease.Claimed, (int)lease.Slashed));
    }

    // Memory of the pod on one node, its device on the other.
    private LeaseId Rent()
    {
        world.Cluster.Nodes = [Node("node-a", memory: 512L << 20, gpus: 1), Node("node-b", memory: 8L << 30, gpus: 0)];
        var id = world.Match(1);
        world.Pass(20);
        world.DeliverRight(id);
        return id;
    }

    private static NodeSnapshot Node(string name, long memory, int gpus) => Some.Node(name, gpus) is var node ? node with { Total = node.Free, Free = node.Free with { MemoryBytes = memory } } : node;

    private static LeaseCondition Scheduled(LeaseStatus status) => status.Conditions.Single(c => c.Type == "Scheduled");
}
