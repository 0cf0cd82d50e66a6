using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

public sealed class WindowSightTests
{
    private const long MaxGapMs = 30_000;
    private static readonly PodLife Living = new("a", 100_000, long.MaxValue);

    // The wrong matcher, a cgroup root that is not the node's, a kubelet that is not scraped: an answer, and nothing in it.
    [Fact]
    public void PodWithoutAnySample_IsUnmeasuredForAllOfItsLife() => Assert.Equal(new WindowSight(100_000, 100_000), Of([Living], []));

    [Theory]
    // Up to the end of the window there may be a sample that is not taken yet.
    [InlineData(new long[] { 110_000, 130_000, 150_000, 175_000 }, 0)]
    [InlineData(new long[] { 110_000, 130_000, 150_000 }, 50_000)]
    [InlineData(new long[] { 150_000, 175_000 }, 50_000)]
    [InlineData(new long[] { 110_000, 175_000 }, 65_000)]
    // Before its start, and after the window.
    [InlineData(new long[] { 50_000, 110_000, 130_000, 150_000, 175_000, 290_000 }, 0)]
    public void Gaps_BetweenStartSamplesAndEnd_AreUnmeasured(long[] samples, long unmeasured) =>
        Assert.Equal(new WindowSight(100_000, unmeasured), Of([Living], samples));

    // What the fold discards is no sight of the pod.
    [Theory]
    [InlineData(-1.0)]
    [InlineData(2e18)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void SampleThatIsDiscarded_SeesNothing(double value)
    {
        UsageSeries[] series = [new("a", Meter.Cpu, "", [.. Enumerable.Range(0, 10).Select(n => new UsageSample(105_000 + (n * 10_000), n == 0 ? 1 : value))])];
        Assert.Equal(new WindowSight(100_000, 95_000), UsageFold.Fold(UsagePosition.StartingAt(0), series, [], 200_000, MaxGapMs, lives: [Living]).Position.Window);
    }

    [Fact]
    public void EndedPod_IsMeasuredUntilItsEnd() => Assert.Equal(new WindowSight(20_000, 0), Of([new PodLife("a", 100_000, 120_000)], [110_000]));

    [Fact]
    public void PodOfAnotherTime_CountsForNothing()
    {
        Assert.Equal(WindowSight.None, Of([new PodLife("a", 10_000, 50_000), new PodLife("b", 300_000, long.MaxValue)], [], before: 60_000));
        Assert.Equal(1, WindowSight.None.Coverage);
    }

    // After a month, an hour unseen is not lost among the others.
    [Fact]
    public void Fold_TellsOfTheLastWindow_AndKeepsTheSum()
    {
        var position = UsagePosition.StartingAt(0);
        for (var window = 1; window <= 10; window++)
        {
            UsageSample[] samples = window == 5 ? [] : [.. Enumerable.Range(0, 10).Select(n => new UsageSample(((window - 1) * 200_000) + 10_000 + (n * 20_000), window))];
            position = UsageFold.Fold(position, [new UsageSeries("a", Meter.Cpu, "", samples)], [], window * 200_000, MaxGapMs, lives: [new PodLife("a", 0, long.MaxValue)]).Position;
            Assert.Equal(window == 5 ? 0 : 1, position.Window.Coverage, 0.06);
        }

        // And the ten seconds until the next sample, which only then are known to be in a gap.
        Assert.Equal(210_000, position.UnmeasuredMs);
        Assert.Equal(position.Window, UsageFold.Fold(position, [], [], 2_000_000, MaxGapMs).Position.Window);
    }

    [Fact]
    public void AnySamples_LeaveBetweenNothingAndAllUnmeasured() => Prop.ForAll(Gen.Choose(0, 300_000).ListOf().ToArbitrary(), Gen.Choose(0, 300_000).Two().ToArbitrary(), (samples, life) =>
    {
        var (one, other) = life;
        var sight = Of([new PodLife("a", Math.Min(one, other), Math.Max(one, other))], [.. samples.Select(s => (long)s)], before: 60_000);
        return sight.UnmeasuredMs >= 0 && sight.UnmeasuredMs <= sight.LifeMs && sight.Coverage is >= 0 and <= 1;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(new long[0], 130_000)]
    [InlineData(new long[] { 110_000, 150_000 }, 180_000)]
    [InlineData(new long[] { 180_000 }, 200_000)]
    public void Reach_IsAGapBeyondTheLastSampleOfALivingPod(long[] samples, long reach)
    {
        Assert.Equal(reach, Reach(Living, samples));
        Assert.Equal(reach, Reach(Living with { UntilMs = 199_000 }, samples));
        Assert.Equal(200_000, Reach(Living with { UntilMs = samples.Append(100_000).Max() + MaxGapMs }, samples));
    }

    // Before the last window's end there is nothing to wait for.
    [Fact]
    public void Reach_IsNeverBeforeTheLastWindow() => Assert.Equal(190_000, WindowSight.Reach(
        UsagePosition.StartingAt(160_000), [], [new PodLife("a", 10_000, long.MaxValue), new PodLife("b", 10_000, 50_000)], 200_000, MaxGapMs));

    // What a gap is between samples that others follow is too much before the end of all.
    [Fact]
    public void LastWindow_IsSeen_WhenSamplesComeAsNearToItsEndAsToOneAnother()
    {
        var gone = Living with { UntilMs = 180_000 };
        Assert.Equal(200_000, Reach(gone, [150_000, 160_000, 170_000], isLast: true));
        Assert.Equal(170_000, Reach(gone, [140_000, 150_000, 160_000], isLast: true));
        Assert.Equal(200_000, Reach(gone, [140_000, 150_000, 160_000]));
        // Where the one before ended says nothing of samples.
        Assert.Equal(165_000, Reach(gone, [140_000, 150_000], before: 165_000, isLast: true));
        Assert.Equal(new WindowSight(80_000, 20_000), Of([gone], [110_000, 120_000, 130_000, 140_000, 150_000, 160_000], isLast: true));
        Assert.Equal(new WindowSight(80_000, 0), Of([gone], [110_000, 120_000, 130_000, 140_000, 150_000, 160_000]));
    }

    [Fact]
    public void GonePod_BeganWithItsFirstSample_OrWhereItsTimeIsCounted_OrTheWindow_WhileTheStoreIsNotAtItsEnd()
    {
        UsageSeries[] read = [new("a", Meter.Cpu, "", [new(120_000, 1), new(150_000, 1)])];
        PodHolding[] gone =
        [
            new("a", 0, 0, 0) { EndedMs = 160_000 }, new("b", 0, 0, 0) { EndedMs = 150_000 }, new("c", 0, 0, 0) { EndedMs = 150_001 },
            new("d", 0, 0, 0) { FromMs = 110_000, EndedMs = 140_000 }, new("e", 0, 0, 0) { FromMs = 50_000, EndedMs = 140_000 }, new("f", 0, 0, 0) { FromMs = 50_000, EndedMs = 100_000 },
        ];
        Assert.Equal(
            [new PodLife("a", 120_000, 160_000), new PodLife("c", 100_000, 150_001), new PodLife("d", 110_000, 140_000), new PodLife("e", 100_000, 140_000)],
            WindowSight.LivesOf(gone, UsagePosition.StartingAt(100_000), read));
    }

    // What CPU samples show says nothing of memory and bytes: each that is charged has to be there, and the one that lacks most is named.
    [Theory]
    [InlineData(true, true, Meter.Cpu, 0)]
    [InlineData(false, true, Meter.Memory, 100_000)]
    [InlineData(true, false, Meter.Egress, 100_000)]
    public void MeterThatIsChargedAndLost_IsUnmeasured_AndNamed(bool hasMemory, bool hasEgress, Meter worst, long unmeasured)
    {
        UsageSample[] samples = [.. Enumerable.Range(0, 10).Select(n => new UsageSample(105_000 + (n * 10_000), 1))];
        UsageSeries[] series = [new("a", Meter.Cpu, "", samples), new("a", Meter.Memory, "", hasMemory ? samples : []), new("a", Meter.Egress, "eth0", hasEgress ? samples : [])];
        Meter[] all = [Meter.Cpu, Meter.Memory, Meter.Egress];
        var position = UsageFold.Fold(UsagePosition.StartingAt(0), series, [], 200_000, MaxGapMs, lives: [Living], charged: all).Position;
        Assert.Equal((new WindowSight(100_000, unmeasured) { Meter = worst }, unmeasured), (position.Window, position.UnmeasuredMs));
        // Nobody pays for it.
        Assert.Equal(new WindowSight(100_000, 0), UsageFold.Fold(UsagePosition.StartingAt(0), series, [], 200_000, MaxGapMs, lives: [Living], charged: [.. all.Where(m => m != worst || unmeasured == 0)]).Position.Window);
        // It may only be late.
        Assert.Equal(unmeasured == 0 ? 200_000 : 130_000, WindowSight.Reach(UsagePosition.StartingAt(0), series, [Living], 200_000, MaxGapMs, meters: all));
        // Where it went on in the window before, its position says that it was seen until then.
        Assert.Equal(0, WindowSight.Of(position, [.. series.Select(s => s with { Samples = [.. samples.Select(x => x with { AtMs = x.AtMs + 100_000 })] })], [Living], 300_000, MaxGapMs, meters: [.. all.Where(m => m != worst || unmeasured == 0)]).UnmeasuredMs);
    }

    [Fact]
    public void ChargedMeters_AreThoseWithAPrice_AndCpuForWhatPodsHold()
    {
        Assert.Equal([Meter.Cpu, Meter.Memory, Meter.Egress], ChargedMeters.Of(new Prices(1, 1, 1, 1, 1, 1)));
        Assert.Equal([Meter.Memory], ChargedMeters.Of(new Prices(0, 1, 0, 0, 0, 0)));
        Assert.Equal([Meter.Cpu], ChargedMeters.Of(new Prices(0, 0, 0, 0, 0, 1)));
        Assert.Equal([Meter.Cpu, Meter.Egress], ChargedMeters.Of(new Prices(0, 0, 1, 1, 0, 0)));
        Assert.Equal([Meter.Cpu], ChargedMeters.Of(new Prices(0, 0, 0, 0, 0, 0)));
    }

    private static long Reach(PodLife life, long[] samples, long before = 0, bool isLast = false) => WindowSight.Reach(
        UsagePosition.StartingAt(before), [new UsageSeries("a", Meter.Cpu, "", [.. samples.Select(s => new UsageSample(s, 1))])], [life], 200_000, MaxGapMs, isLast);

    private static WindowSight Of(PodLife[] lives, long[] samples, long before = 0, bool isLast = false) => WindowSight.Of(
        UsagePosition.StartingAt(before), [new UsageSeries("a", Meter.Cpu, "", [.. samples.Select(s => new UsageSample(s, 1))])], lives, 200_000, MaxGapMs, isLast);
}
