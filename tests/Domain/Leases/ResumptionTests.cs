using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

public sealed class ResumptionTests
{
    private const long Start = FakeClock.StartMs;
    private static readonly SettledUsage Last = new(new UsageVector(7, 6, 5, 4, 3, 2), (Start / 1000) + 300, 40);

    [Theory]
    [InlineData(0u, null, false)]
    [InlineData(1u, null, true)]
    [InlineData(1u, 299L, true)]
    [InlineData(1u, 300L, false)]
    public void Object_IsBehind_WhereItDoesNotReachWhatWasSettled(uint seq, long? measured, bool expected)
    {
        var lease = ALease.Active().With(seq: seq, through: seq == 0 ? 0 : 300);
        var seen = (measured is { } through ? lease.WithStatus(s => s with { Usage = UsagePosition.StartingAt(Start + (through * 1000)) }) : lease).Seen();
        Assert.Equal(expected, Resumption.IsBehind(seen.View, seen.Status));
        Assert.False(Resumption.IsBehind(seen.View with { Confirmed = seen.View.Confirmed with { State = LeaseState.Closed } }, seen.Status));
    }

    [Fact]
    public void Vector_IsThatOfTheReceipt_ToTheUnit() => Prop.ForAll(ArbMap.Default.GeneratorFor<ulong>().ListOf(6).ToArbitrary(), meters =>
    {
        var vector = new UsageVector(meters[0], meters[1], meters[2], meters[3], meters[4], meters[5]);
        return UsagePosition.Resuming(vector, Start).ToVector() == vector;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void WithoutEvidence_TheReceiptIsTheStart_AndItsDowntimeTheLeast()
    {
        var seen = ALease.Active().With(seq: 9, through: 300).Seen();
        var status = Resumption.From(seen.View, seen.Status with { UsageWindow = 4 }, Last, "0xroot", null);
        Assert.Equal((Last.Usage, Last.Through * 1000, 9L, "0xroot"), (status.Usage!.ToVector(), status.Usage.ThroughMs, status.UsageWindow, status.UsageEvidence));
        Assert.Equal(40_000, status.Downtime!.Until(long.MaxValue));
        Assert.True(Resumption.Covers(status.Usage, Last));
        Assert.False(Resumption.IsBehind(seen.View, status));
        Assert.False(Resumption.Covers(status.Usage with { GpuMsB = 1 }, Last));
        Assert.False(Resumption.Covers(null, Last));
    }

    [Fact]
    public void WithEvidence_ItIsTheStart_ButNotWhereTheObjectIsFurther()
    {
        var stand = new MeterStand(12, "0xroot", UsagePosition.StartingAt(Start + 200_000) with { CpuNanoSeconds = 5 }, [new PodHolding("a", 1, 0, 0) { FromMs = Start + 200_000 }]);
        var seen = ALease.Active().With(seq: 9, through: 300).Seen();
        var status = Resumption.From(seen.View, seen.Status, Last, "0xroot", stand);
        Assert.Equal((stand.Position, 12L, "0xroot", stand.Holdings), (status.Usage, status.UsageWindow, status.UsageEvidence, status.Holdings));
        var further = seen.Status with { Usage = UsagePosition.StartingAt(Start + 250_000), UsageWindow = 13, UsageEvidence = "0xnext" };
        var kept = Resumption.From(seen.View, further, Last, "0xroot", stand);
        Assert.Equal(further with { Downtime = new Downtime(40_000, 0, 0, 0) }, kept);
        Assert.False(Resumption.Covers(kept.Usage, Last));
    }

    // Whatever was down when the object was set back counts once.
    [Fact]
    public void Downtime_IsNeverLessThanTheReceiptSaid()
    {
        Assert.Null(Downtime.AtLeast(null, 0, 100_000));
        Assert.Equal(new Downtime(40_000, 0, 0, 0), Downtime.AtLeast(null, 40, 100_000));
        Assert.Equal(new Downtime(50_000, 0, 0, 0), Downtime.AtLeast(new Downtime(50_000, 0, 0, 0), 40, 100_000));
        var lasts = Downtime.AtLeast(new Downtime(0, 70_000, 1, 1), 40, 100_000)!;
        Assert.Equal((40_000, 41_000), (lasts.Until(100_000), lasts.Until(101_000)));
        Assert.Equal(lasts, Downtime.AtLeast(lasts, 40, 100_000));
    }

    // Of a pod that nobody knows to have begun since, the counter holds what the receipt has.
    [Fact]
    public void CountersOfPodsOfBefore_CountFromTheirNextSampleOn()
    {
        PodFact Pod(string uid, long startedAt) => new(uid, uid, "web", "node-a", true, false, null, 0, 0, 0) { StartedAtMs = startedAt };
        var cluster = ClusterFacts.Nothing with { Pods = [Pod("old", Start - 1000), Pod("new", Start + 1000)], Gone = [Pod("brief", Start + 2000)] };
        UsageSeries[] read = [.. new[] { "old", "new", "brief", "unknown" }.Select(u => new UsageSeries(u, Meter.Cpu, "", [new UsageSample(Start + 10_000, 100), new UsageSample(Start + 20_000, 101)]))];
        var before = Resumption.Forget(UsagePosition.Resuming(UsageVector.Zero, Start), read, cluster);
        Assert.Equal(["old", "unknown"], before.Forgotten);
        var after = UsageFold.Fold(before, read, [], Start + 30_000, 30_000).Position;
        Assert.Equal((204_000ul, Start), (after.ToVector().CpuMilliSeconds, after.ResumedMs));
        Assert.Same(after, Resumption.Forget(after, read, cluster));
        var usual = UsagePosition.StartingAt(Start);
        Assert.Same(usual, Resumption.Forget(usual, read, cluster));
    }

    [Fact]
    public void BelowWhatWasSettled_NothingIsClaimed_AndMeteredSaysSo()
    {
        var seen = ALease.Active().Running().With(claimed: 1, seq: 1, through: 300).Measured(600, 900).After(605).Seen();
        Assert.Contains(LeaseMachine.Decide(seen).Intents, i => i is SettleIntent);
        var below = LeaseMachine.Decide(seen with { Metering = seen.Metering with { IsBelowSettled = true } });
        Assert.DoesNotContain(below.Intents, i => i is SettleIntent);
        Assert.Null(below.Receipt);
        Assert.Equal((ConditionStatus.False, "BelowSettled"), below.Status.Conditions.Where(c => c.Type == "Metered").Select(c => (c.Status, c.Reason)).Single());

        // Held to it from then on, though the object reaches as far in time, and though a store or a chain is away meanwhile.
        Assert.False(Resumption.IsBehind(seen.View, LeaseMachine.Decide(seen).Status));
        Assert.True(Resumption.IsBehind(seen.View, below.Status));
        var away = LeaseMachine.Decide(seen with { Status = below.Status, Metering = seen.Metering with { IsBelowSettled = true, Error = "It does not answer." } });
        Assert.True(Resumption.IsBehind(seen.View, away.Status));
        Assert.Contains("It does not answer.", away.Status.Conditions.Single(c => c.Type == "Metered").Message, StringComparison.Ordinal);
        Assert.Equal("SourceUnavailable", LeaseMachine.Decide(seen with { Metering = seen.Metering with { IsBelowSettled = true, Error = "It does not answer." } }).Status.Conditions.Single(c => c.Type == "Metered").Reason);
        Assert.False(Resumption.IsBehind(seen.View, LeaseMachine.Decide(seen with { Status = below.Status }).Status));
    }
}
