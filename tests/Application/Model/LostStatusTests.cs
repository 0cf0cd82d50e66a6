using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>What becomes of a lease's object.</summary>
public enum Loss
{
    /// <summary>Its status is taken away.</summary>
    Status,

    /// <summary>It goes with its namespace.</summary>
    Namespace,

    /// <summary>Its status is one of before.</summary>
    SetBack,
}

/// <summary>
/// What a lease's object knew is lost: somebody removed it, or the cluster was set back. The chain has what was settled and the volume has the
/// evidence of it, so metering goes on from there: no receipt says less than one before, and nothing is paid twice or for nothing.
/// </summary>
public sealed class LostStatusTests
{
    private static readonly LeasePolicy Fast = new(
        EpochMs: 20_000, SettleEveryMs: 40_000, RetentionMs: 20_000, ScrapeDelayMs: 5_000, MaxGapMs: 30_000, CoverageThreshold: 0.95);

    [Theory]
    [InlineData(Loss.Status, true)]
    [InlineData(Loss.Status, false)]
    [InlineData(Loss.Namespace, true)]
    [InlineData(Loss.Namespace, false)]
    [InlineData(Loss.SetBack, true)]
    [InlineData(Loss.SetBack, false)]
    public void Story_WhatWasSettled_IsWhereMeteringGoesOn(Loss loss, bool hasEvidence)
    {
        var world = new World(Fast);
        var id = world.Match(1, change: t => t with { NoticeSeconds = 10, Parameters = t.Parameters with { SubmitSeconds = 240, MaturitySeconds = 20 } });
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(10);
        // What it was credited is nobody else's to know.
        Change(world, id, s => s with { Downtime = new Downtime(20_000, 0, 0, 0) });
        world.Pass(50);
        var early = world.Cluster.Spaces[id].Status;
        world.Pass(80);
        var (last, known) = (world.Chain.Find(id)!.Settled!, world.Cluster.Spaces[id].Status);
        Assert.Equal((20u, true), (last.DownSeconds, early.Usage!.ThroughMs < last.Through * 1000));

        if (!hasEvidence) world.Evidence.Kept.Clear();
        if (loss == Loss.Namespace) world.Cluster.DeleteByHand(id);
        else Change(world, id, _ => loss == Loss.SetBack ? early : LeaseStatus.New);
        world.Restart();
        world.Pass(30);
        if (loss == Loss.Namespace) world.Deliver(id, Some.Workload);
        world.Pass(60);
        var found = world.Cluster.Spaces[id].Status;
        Assert.True(found.Usage!.ThroughMs > known.Usage!.ThroughMs && found.Downtime!.Until(long.MaxValue) >= 20_000, $"{found.Usage}, {found.Downtime}");
        Assert.Equal(hasEvidence ? (long?)null : last.Through * 1000, found.Usage.ResumedMs);
        Assert.Equal(!hasEvidence, found.Conditions.Single(c => c.Type == "Metered").Message.Contains("the last receipt on chain", StringComparison.Ordinal));
        world.TenantCloses(id);
        world.Pass(200);

        CheckReceipts(world, id, after: last);
        if (hasEvidence) KillTests.CheckEvidence(world, id, world.Chain.Find(id)!.Settled!);
        else Assert.Equal(last.EvidenceRoot, EvidenceCheck.WindowOf(world.Evidence.Kept[0].Lines, FakeHasher.Instance.Keccak256)!.Previous);
        // Without evidence nobody knows where the counters stood: what came between the receipt and each pod's next sample is not billed; nor
        // what a pod held that was gone by then.
        CheckPaid(world, id, slackSeconds: hasEvidence ? 0 : loss == Loss.Namespace ? 90 : 25);
    }

    // The node has pruned its logs, or is away: nobody begins anew meanwhile.
    [Fact]
    public void Story_WhatWasSettled_CannotBeRead_NothingIsMeteredOrClaimedUntilItCan()
    {
        var world = new World(Fast);
        var id = world.Match(1, change: t => t with { NoticeSeconds = 10, Parameters = t.Parameters with { SubmitSeconds = 240, MaturitySeconds = 20 } });
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(100);
        var last = world.Chain.Find(id)!.Settled!;
        world.Chain.HidesSettlements = true;
        Change(world, id, _ => LeaseStatus.New);
        world.Pass(100);
        Assert.Equal(last, world.Chain.Find(id)!.Settled);
        var status = world.Cluster.Spaces[id].Status;
        Assert.Null(status.Usage);
        var metered = status.Conditions.Single(c => c.Type == "Metered");
        Assert.Equal((ConditionStatus.False, "SourceUnavailable"), (metered.Status, metered.Reason));
        Assert.Contains("where it stood cannot be looked up", metered.Message, StringComparison.Ordinal);

        world.Chain.HidesSettlements = false;
        world.Pass(90);
        Assert.True(world.Chain.Find(id)!.Settled!.Seq > last.Seq);
        world.TenantCloses(id);
        world.Pass(200);
        CheckReceipts(world, id, last);
        CheckPaid(world, id, slackSeconds: 0, downSeconds: 0);
    }

    private static void Change(World world, LeaseId id, Func<LeaseStatus, LeaseStatus> change) => world.Cluster.Change(id, s => s with { Status = change(s.Status) });

    private static void CheckReceipts(World world, LeaseId id, Receipt after)
    {
        Receipt[] receipts = [.. world.Chain.Blocks.Between(0, world.Chain.Blocks.Latest.Number).Select(b => b.Leases.GetValueOrDefault(id)?.Settled).OfType<Receipt>().DistinctBy(r => r.Seq)];
        Assert.True(receipts.Count(r => r.Seq > after.Seq) > 1, "Nothing was settled after that.");
        foreach (var (one, next) in receipts.Zip(receipts.Skip(1)))
            Assert.True(next.Through >= one.Through && next.Usage.Covers(one.Usage) && next.DownSeconds >= one.DownSeconds, $"{next} after {one}");
    }

    private static void CheckPaid(World world, LeaseId id, int slackSeconds, uint downSeconds = 20)
    {
        var (stored, most, least) = (world.Chain.Find(id)!, Due(isSampled: false), Due(isSampled: true));
        Assert.Equal((LeaseState.Closed, stored.Lease.Claimed), (stored.Lease.State, stored.Lease.Paid));
        Assert.InRange(stored.Lease.Claimed, least - Accrual.RateCap(stored.Terms.Prices, stored.Terms.Resources, slackSeconds), most);

        System.Numerics.BigInteger Due(bool isSampled) =>
            Accrual.Due(world.Chain.Find(id)!.Terms, world.TrueUsage(id, world.Chain.Find(id)!.Lease.EndsAt * 1000, isSampled), downSeconds);
    }
}
