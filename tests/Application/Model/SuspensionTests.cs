using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;

namespace Federation.Application.Tests.Model;

/// <summary>A lease with a volume runs out of money on the real loops: it is topped up, or it is not.</summary>
public sealed class SuspensionTests
{
    private static readonly BigInteger Reserve = Accrual.ClosingReserve(Some.Terms);

    [Fact]
    public void ToppedUp_GoesOnWithItsVolume_KilledAtAnyCall()
    {
        var calm = ToppedUp(null);
        Assert.True(calm.Calls > 200, $"The story makes only {calm.Calls} calls.");
        for (var point = 1; point <= calm.Calls; point += 3) Assert.Equal(1, ToppedUp(point).Restarts);
    }

    [Fact]
    public void NotToppedUp_IsClosedWhenItsGraceIsOver_KilledAtAnyCall()
    {
        var calm = NotToppedUp(null);
        Assert.True(calm.Calls > 200, $"The story makes only {calm.Calls} calls.");
        for (var point = 1; point <= calm.Calls; point += 3) Assert.Equal(1, NotToppedUp(point).Restarts);
    }

    [Fact]
    public void StandingStill_WritesNothing_AndHoldsItsCapacity()
    {
        var (world, id) = Suspended(Some.Policy with { EpochMs = 3_600_000 }, grace: 3_000_000);
        // What was claimed before has matured and is collected.
        world.Pass(600);
        var before = world.Cluster.Writes.Count;
        world.Pass(1800);
        Assert.Equal(before, world.Cluster.Writes.Count);
        Assert.Equal(LeaseState.Active, world.Chain.Find(id)!.Lease.State);
        Assert.Equal(LeasePhase.Suspended, StatusOf(world, id).Phase);
    }

    // Rule: what runs unpaid is a window's work at most, and there is no notice that would pay for it.
    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public void UnpaidWork_IsAWindowAtMost_AtFullLoad(int notice)
    {
        var world = new World { CpuMilli = 2000 };
        LeaseTerms With(LeaseTerms terms) => terms with { NoticeSeconds = (uint)notice };
        var terms = With(Some.Terms);
        var id = world.MatchVolume(1, Accrual.ClosingReserve(terms) + 400, With);
        world.Pass(30);
        world.DeliverRight(id);
        world.Pass(900);
        var stored = world.Chain.Find(id)!;
        Assert.Equal(LeaseState.Closed, stored.Lease.State);
        var due = Accrual.Due(stored.Terms, world.TrueUsage(id, long.MaxValue), 0);
        // A scrape, a look and the pods' end.
        Assert.True(due - stored.Lease.Claimed <= Accrual.RateCap(terms.Prices, terms.Resources, notice > 0 ? 0 : 30), $"{due} was due, {stored.Lease.Claimed} claimed.");
    }

    [Fact]
    public void Job_IsMadeAgain_AndItsResultPosted()
    {
        var world = new World();
        var id = world.Match(1, Reserve + 15, t => t with { SpecHash = Some.HashOf(Some.JobWorkload), Callback = true });
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(100);
        Assert.Equal(LeasePhase.Suspended, StatusOf(world, id).Phase);
        Assert.Empty(world.Chain.Find(id)!.Results);
        world.Chain.TryTransact(id, (l, _) => LeaseContract.TopUp(l, 100_000));
        world.Pass(200);
        Assert.Equal([Some.JobOutcome], world.Chain.Find(id)!.Results);
    }

    private static (int Calls, int Restarts) ToppedUp(int? killAt)
    {
        var (world, id) = Suspended(Some.Policy with { EpochMs = 30_000 }, 200_000, killAt);
        var volumes = world.Cluster.Spaces[id].Volumes;
        Assert.Single(volumes);
        Assert.Equal(LeasePhase.Suspended, StatusOf(world, id).Phase);
        Assert.Empty(world.Cluster.Spaces[id].Pods);
        var message = StatusOf(world, id).Conditions.Single(c => c.Type == "Ready").Message.Split(' ');
        var told = BigInteger.Parse(message[Array.IndexOf(message, "by") + 1], System.Globalization.CultureInfo.InvariantCulture);
        world.Pass(100);
        Assert.True(world.Chain.TryTransact(id, (l, _) => LeaseContract.TopUp(l, told + 500)));
        world.Pass(40);
        Assert.Equal(LeasePhase.Running, StatusOf(world, id).Phase);
        Assert.Equal(volumes, world.Cluster.Spaces[id].Volumes);
        var calls = world.Gate.Calls;
        world.TenantCloses(id);
        world.Pass(600);
        CheckEnd(world, id, CloseReason.Tenant);
        return (calls, world.Restarts);
    }

    private static (int Calls, int Restarts) NotToppedUp(int? killAt)
    {
        var (world, id) = Suspended(Some.Policy with { EpochMs = 30_000 }, 200_000, killAt);
        world.Pass(150);
        Assert.Equal(LeaseState.Active, world.Chain.Find(id)!.Lease.State);
        world.Pass(120);
        var calls = world.Gate.Calls;
        world.Pass(600);
        CheckEnd(world, id, CloseReason.Escrow);
        return (calls, world.Restarts);
    }

    private static void CheckEnd(World world, LeaseId id, CloseReason reason)
    {
        var stored = world.Chain.Find(id)!;
        Assert.Equal((LeaseState.Closed, reason), (stored.Lease.State, stored.Lease.Reason));
        Invariants.CheckEarned(world, id);
        Assert.Equal((stored.Lease.Claimed, BigInteger.Zero), (stored.Lease.Paid, stored.Lease.Slashed));
        Assert.Empty(world.WrongRemovals);
        Assert.False(world.Cluster.Spaces.ContainsKey(id));
        // The volume was paid for while nothing ran.
        Assert.True(world.Kept.TrueUsage(id, long.MaxValue).StorageMiBMs > 512 * 80_000);
    }

    private static (World World, LeaseId Id) Suspended(LeasePolicy policy, long grace, int? killAt = null)
    {
        var world = new World(policy);
        world.Cluster.Keep = new KeepPolicy(grace, 0);
        if (killAt is { } point) world.Gate.KillAt(point);
        var id = world.MatchVolume(1, Reserve + 100);
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(200);
        return (world, id);
    }

    private static LeaseStatus StatusOf(World world, LeaseId id) => world.Cluster.Spaces[id].Status;
}
