using System.Numerics;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>The operator is killed at each of its port calls, before and after the effect: the end is always the same.</summary>
public sealed class KillTests
{
    private static readonly LeasePolicy Fast = new(
        EpochMs: 20_000, SettleEveryMs: 40_000, RetentionMs: 20_000, ScrapeDelayMs: 5_000, MaxGapMs: 30_000, CoverageThreshold: 0.95);

    [Fact]
    public void Story_KilledAtAnyCall_EndsAlike()
    {
        var calm = Tell(null);
        Assert.True(calm.Calls > 300, $"The story makes only {calm.Calls} calls.");
        for (var point = 1; point <= calm.Calls; point++)
        {
            var end = Tell(point);
            Assert.True(end.Restarts == 1, $"Killed at {point}: {end.Restarts} restarts.");
            Assert.True(end.Result == calm.Result, $"Killed at {point}: {end.Result} instead of {calm.Result}.");
        }
    }

    private static (int Calls, int Restarts, string Result) Tell(int? killAt)
    {
        var world = new World(Fast);
        if (killAt is { } point) world.Gate.KillAt(point);
        var id = world.Match(1, change: t => t with { NoticeSeconds = 10, StartFee = 40, Parameters = t.Parameters with { SubmitSeconds = 240, MaturitySeconds = 20 } });
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(75);
        world.TenantCloses(id);
        world.Pass(130);
        var calls = world.Gate.Calls;
        world.Pass(60);

        Assert.Empty(world.WrongRemovals);
        var stored = world.Chain.Find(id)!;
        Invariants.CheckEarned(world, id);
        Assert.Equal((stored.Lease.Claimed, true, BigInteger.Zero), (stored.Lease.Paid, stored.Lease.IsSliceFreed, stored.Lease.Slashed));
        Assert.Equal(stored.Lease.Paid, stored.Payments.Aggregate(BigInteger.Zero, BigInteger.Add));
        Assert.True(stored.Lease.Paid > 300, $"Only {stored.Lease.Paid} was earned.");
        return (calls, world.Restarts, $"{stored.Lease.State} {stored.Lease.Reason}, namespace: {world.Cluster.Spaces.ContainsKey(id)}");
    }
}
