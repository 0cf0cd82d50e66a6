using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>Row 24 of the fault matrix and row 11 of the bad inputs: the operator's clock is wrong by an hour, or the chain's is.</summary>
public sealed class ClockTests
{
    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(40)]
    public void MachinesClockIsWrong_ForAWhile_NothingMeasuredIsLost_AndNothingIsPaidTwice(int seconds)
    {
        var world = new World();
        var id = world.Match(1);
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(120);
        var pods = world.Cluster.Spaces[id].Pods.Select(p => p.Uid).ToArray();
        world.Machine.Ahead = TimeSpan.FromSeconds(seconds);
        world.Pass(600);
        Invariants.CheckMoney(world, [id]);
        Assert.Equal(pods, world.Cluster.Spaces[id].Pods.Select(p => p.Uid));
        world.Machine.Ahead = default;
        // What the matrix allows for converging.
        world.Pass(30);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        world.Pass(300);
        world.TenantCloses(id);
        world.Pass(600);
        Closed(world, id);
    }

    // Everything else of a wrong clock may have passed unseen; what is kept for a tenant is gone for good.
    [Fact]
    public void MachinesClockIsAhead_VolumesStayAsLongAsWasPromised()
    {
        var world = new World();
        world.Cluster.Keep = new KeepPolicy(GraceMs: 0, RetentionMs: 600_000);
        var id = world.MatchVolume(1);
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(60);
        world.TenantCloses(id);
        world.Pass(120);
        world.Machine.Ahead = TimeSpan.FromHours(1);
        world.Pass(300);
        Assert.False(world.Cluster.Spaces[id].IsTerminating);
        world.Machine.Ahead = default;
        world.Pass(900);
        Closed(world, id);
        Assert.False(world.Cluster.Spaces.ContainsKey(id));
    }

    // By such a block the term is over, the activation late, and a suspension at its end.
    [Fact]
    public void BlockOfTomorrow_IsNotBelieved_AndNothingEndsByIt()
    {
        var world = new World();
        var (running, reserved) = (world.Match(1), world.Match(2));
        world.Pass(25);
        world.Deliver(running, Some.Workload);
        world.Pass(60);
        world.Chain.DistortHead = head => head with { ConfirmedTime = head.ConfirmedTime + 86_400, LatestTime = head.LatestTime + 86_400 };
        world.Pass(300);
        Assert.Equal(LeaseState.Active, world.Chain.Find(running)!.Lease.State);
        Assert.NotEqual(LeaseState.Closed, world.Chain.Find(reserved)!.Lease.State);
        world.Chain.DistortHead = null;
        world.Pass(120);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[running].Status.Phase);
        world.TenantCloses(running);
        world.Pass(600);
        Closed(world, running);
    }

    private static void Closed(World world, LeaseId id)
    {
        var stored = world.Chain.Find(id)!;
        Assert.Equal(LeaseState.Closed, stored.Lease.State);
        Invariants.CheckEarned(world, id);
        Invariants.CheckMoney(world, [id]);
        Assert.Empty(world.WrongRemovals);
    }
}
