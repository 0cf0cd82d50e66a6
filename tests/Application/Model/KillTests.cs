using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>
/// The operator is killed at each of its port calls, before and after the effect: the end is always the same. What signing, journaling,
/// broadcasting and confirming do inside of one such call, the tests of Chain enumerate against a real chain (StepKillTests).
/// </summary>
public sealed class KillTests
{
    private static readonly LeasePolicy Fast = new(
        EpochMs: 20_000, SettleEveryMs: 40_000, RetentionMs: 20_000, ScrapeDelayMs: 5_000, MaxGapMs: 30_000, CoverageThreshold: 0.95);

    [Fact]
    public void Story_KilledAtAnyCall_EndsAlike()
    {
        var calm = Tell(null);
        Assert.True(calm.Calls > 300, $"The story makes only {calm.Calls} calls.");
        var steps = new HashSet<string>();
        for (var point = 1; point <= calm.Calls; point++)
        {
            var end = Tell(point);
            steps.Add(end.Step);
            Assert.True(end.Restarts == 1, $"Killed at {point}: {end.Restarts} restarts.");
            Assert.True(end.Result == calm.Result, $"Killed at {point}: {end.Result} instead of {calm.Result}.");
        }

        Assert.Superset(new HashSet<string> { "sampling", "keeping evidence", "writing to the cluster", "sending", "reading the chain", "reading the cluster" }, steps);
    }

    private static (int Calls, int Restarts, string Result, string Step) Tell(int? killAt)
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
        CheckEvidence(world, id, stored.Settled!);
        return (calls, world.Restarts, $"{stored.Lease.State} {stored.Lease.Reason}, namespace: {world.Cluster.Spaces.ContainsKey(id)}", world.Gate.KilledIn);
    }

    // Every window that the last receipt on chain rests on is there, and their samples give what it claims.
    internal static void CheckEvidence(World world, LeaseId id, Receipt last)
    {
        var windows = new Stack<WindowEvidence>();
        for (var root = last.EvidenceRoot; root != WindowRecord.NoRoot;)
        {
            windows.Push(world.Evidence.Kept.First(k => k.Root == root));
            root = EvidenceCheck.WindowOf(windows.Peek().Lines, FakeHasher.Instance.Keccak256)!.Previous;
        }

        var verdict = EvidenceCheck.Verify(id, windows.SelectMany(w => w.Lines), FakeHasher.Instance.Keccak256, out var measured);
        Assert.Null(verdict.Problem);
        Assert.Equal((last.EvidenceRoot, last.Usage), (verdict.Root, measured!.ToVector()));
    }
}
