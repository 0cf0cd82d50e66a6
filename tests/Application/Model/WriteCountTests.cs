using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>Nothing is written without a change, and a new lease costs few writes.</summary>
public sealed class WriteCountTests
{
    private const int MostWritesOfANewLease = 12;

    [Fact]
    public void NewLease_UntilItRuns_CostsAtMostTwelveWrites()
    {
        var (world, id) = RunningLease();
        Assert.NotEmpty(world.Cluster.Spaces[id].Pods);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        Assert.True(world.Cluster.Writes.CountOf(id) <= MostWritesOfANewLease, string.Join(", ", world.Cluster.Writes.Of(id)));
    }

    [Fact]
    public void RunningLease_BetweenTwoWindows_CostsNoWrite()
    {
        var (world, id) = RunningLease();
        world.Pass(120);
        var before = world.Cluster.Writes.Count;
        world.Pass(1800);
        Assert.Equal(before, world.Cluster.Writes.Count);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
    }

    [Fact]
    public void RunningLease_FullLoad_WritesOncePerWindow()
    {
        var (world, id) = RunningLease(Some.Policy with { EpochMs = 300_000, SettleEveryMs = 3_600_000_000 });
        world.CpuMilli = 5000;
        world.Pass(120);
        var before = world.Cluster.Writes.CountOf(id);
        world.Pass(1500);
        Assert.InRange(world.Cluster.Writes.CountOf(id) - before, 4, 6);
    }

    [Fact]
    public void ClosedLease_DuringItsRetention_CostsNoWrite()
    {
        var (world, id) = RunningLease(Some.Policy with { RetentionMs = 7_200_000 });
        world.TenantCloses(id);
        world.Pass(300);
        Assert.Equal(LeaseState.Closed, world.Chain.Find(id)!.Lease.State);
        var before = world.Cluster.Writes.Count;
        world.Pass(1800);
        Assert.Equal(before, world.Cluster.Writes.Count);
    }

    private static (World World, LeaseId Id) RunningLease(LeasePolicy? policy = null)
    {
        var world = new World(policy ?? Some.Policy with { EpochMs = 3_600_000 });
        var id = world.Match(1);
        world.Pass(30);
        world.Deliver(id, Some.Workload);
        world.Pass(60);
        return (world, id);
    }
}
