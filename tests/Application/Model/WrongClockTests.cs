using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>Row 24 of the fault matrix: the operator's machine has the wrong time.</summary>
public sealed class WrongClockTests
{
    [Theory]
    [InlineData(60, true)]
    [InlineData(-60, true)]
    [InlineData(60, false)]
    [InlineData(-60, false)]
    public void WindowsAreCutByTheSamplesClock_AndAllThatWasMeasuredIsPaid(int minutes, bool fromTheStart)
    {
        var world = new World { ClockError = TimeSpan.FromMinutes(fromTheStart ? minutes : 0) };
        if (fromTheStart) world.Restart();
        var id = world.Match(1);
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(120);
        // It jumps while the lease runs, and somebody sets it right while it ends.
        if (!fromTheStart) world.ClockError = TimeSpan.FromMinutes(minutes);
        world.Pass(200);
        world.TenantCloses(id);
        world.Pass(20);
        if (!fromTheStart) world.ClockError = TimeSpan.Zero;
        world.Pass(900);
        var stored = world.Chain.Find(id)!;
        Assert.Equal(LeaseState.Closed, stored.Lease.State);
        Assert.True(stored.Lease.Claimed > stored.Terms.StartFee + stored.Terms.MinCharge);
        Assert.Equal(world.Earned(stored, id), stored.Lease.Claimed);
        Assert.Equal(stored.Lease.Claimed, stored.Lease.Paid);
        Assert.False(world.Cluster.Spaces.ContainsKey(id));
        Assert.Empty(world.WrongRemovals);
    }
}
