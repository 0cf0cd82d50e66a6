using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

public sealed class UsageFoldTests
{
    private const long Hour = 3_600_000;
    private static readonly PodHolding Held = new("a", 2, 1, 10);

    [Fact]
    public void Fold_FirstSample_CountsWhole() => Assert.Equal((UInt128)5_000_000_000, Fold([Cpu((1000, 5))]).Position.CpuNanoSeconds);

    // A gap later it cannot be an older value, and yet another one later nothing can be of the counter before.
    [Fact]
    public void Fold_CounterBeganAnew_CountsWholeOnceNoSampleCanBeOlder()
    {
        var result = Fold([Cpu((1000, 10), (31_000, 3), (46_000, 4), (61_000, 5), (76_000, 6))]);
        Assert.Equal((UInt128)16_000_000_000, result.Position.CpuNanoSeconds);
        Assert.Equal(new SeriesPosition("a/Cpu/", 76_000, 6), Assert.Single(result.Position.Series));
        Assert.Equal(
            [(UsageFindingKind.OutOfOrder, 31_000L), (UsageFindingKind.OutOfOrder, 46_000L), (UsageFindingKind.Reset, 61_000L)],
            result.Findings.Select(f => (f.Kind, f.AtMs)));
        // The pod was there all the time.
        Assert.Equal((75_000L, (UInt128)150_000), (result.Position.ObservedMs, result.Position.GpuMsA));
    }

    // Two replicas behind one address, each with a cache of its own, seen in turn by windows that follow each other.
    [Theory]
    [InlineData(Meter.Cpu)]
    [InlineData(Meter.Egress)]
    public void Fold_OlderValueInTheNextWindow_IsNotCountedAgain(Meter meter)
    {
        var position = UsagePosition.StartingAt(0);
        for (var minute = 1; minute <= 10; minute++)
        {
            position = Fold([Of(new((minute * 60_000) - 100, minute * 1000))], position, through: minute * 60_000).Position;
            var older = Fold([Of(new((minute * 60_000) + 200, (minute * 1000) - 15))], position, through: (minute * 60_000) + 200);
            Assert.Equal(UsageFindingKind.OutOfOrder, Assert.Single(older.Findings).Kind);
            position = older.Position;
        }

        Assert.Equal(meter == Meter.Cpu ? (UInt128)10_000_000_000_000 : 10_000, meter == Meter.Cpu ? position.CpuNanoSeconds : position.EgressBytes);

        UsageSeries Of(UsageSample sample) => new("a", meter, "eth0", [sample]);
    }

    [Fact]
    public void Fold_Gap_BillsTheCounterAndNoTime()
    {
        var result = Fold([Cpu((1000, 1), (2000, 2), (100_000, 9), (101_000, 10)), Memory((1000, 8), (2000, 8), (100_000, 8), (101_000, 4))]);
        var p = result.Position;
        Assert.Equal(((UInt128)10_000_000_000, (UInt128)12_000), (p.CpuNanoSeconds, p.MemoryByteMs));
        Assert.Equal(((UInt128)4000, (UInt128)2000, (UInt128)20_000), (p.GpuMsA, p.GpuMsB, p.StorageMiBMs));
        Assert.Equal((2000, 100_000), (p.ObservedMs, p.ExpectedMs));
        Assert.Equal(
            [new UsageFinding(UsageFindingKind.Gap, "a/Cpu/", 2000, 98_000), new UsageFinding(UsageFindingKind.Gap, "a/Memory/", 2000, 98_000)], result.Findings);
    }

    [Fact]
    public void Fold_GapOverTheWindowsEnd_IsOneGap()
    {
        UsageSeries[] series = [Cpu((1000, 1), (100_000, 2))];
        var first = Fold(series, through: 50_000);
        Assert.DoesNotContain(first.Findings, f => f.Kind == UsageFindingKind.Gap);
        var second = Fold(series, first.Position, through: 100_000);
        Assert.Equal(99_000, Assert.Single(second.Findings).Detail);
    }

    [Fact]
    public void Fold_PodWithoutHolding_IsBilledNoDevice()
    {
        var p = Fold([Cpu((1000, 1), (2000, 2))], holdings: []).Position;
        Assert.Equal(((UInt128)0, (UInt128)0, 1000L), (p.GpuMsA, p.StorageMiBMs, p.ObservedMs));
    }

    // The kubelet's samples may be there before the cluster's cache shows the pod.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fold_HoldingKnownLater_IsBilledForAllThatWasMeasuredOnce(bool hasLaterSample)
    {
        UsageSeries[] series = hasLaterSample ? [Cpu((1000, 1), (11_000, 2), (21_000, 3), (31_000, 4))] : [Cpu((1000, 1), (11_000, 2), (21_000, 3))];
        var unseen = Fold(series, holdings: [], through: 25_000).Position;
        Assert.Equal(((UInt128)0, (long?)20_000L), (unseen.GpuMsA, Assert.Single(unseen.Series).UnheldMs));
        var seen = Fold(series, unseen, through: 50_000).Position;
        var heldMs = hasLaterSample ? 30_000u : 20_000u;
        Assert.Equal((2 * (UInt128)heldMs, (UInt128)heldMs, 10 * (UInt128)heldMs), (seen.GpuMsA, seen.GpuMsB, seen.StorageMiBMs));
        Assert.Null(Assert.Single(seen.Series).UnheldMs);
        Assert.Equal(seen.GpuMsA, Fold(series, seen, through: 60_000).Position.GpuMsA);
    }

    // It had not started: what was measured was its sandbox.
    [Fact]
    public void Fold_PodFoundIdleLater_IsBilledNoDevice()
    {
        UsageSeries[] series = [Cpu((1000, 1), (11_000, 2))];
        var unseen = Fold(series, holdings: [], through: 20_000).Position;
        var idle = UsageFold.Fold(unseen, series, [], 30_000, 30_000, new HashSet<string> { "a" }).Position;
        Assert.Equal((UInt128)0, Fold(series, idle, through: 40_000).Position.GpuMsA);
    }

    // Were it dropped, the counter's next sample would count whole again.
    [Fact]
    public void Fold_LivingPodSilentForDays_KeepsItsPosition()
    {
        var position = Fold([Cpu((1000, 100))]).Position;
        for (var day = 1; day <= 3; day++) position = Fold([], position, through: day * 24 * Hour).Position;
        Assert.Equal(1000, Assert.Single(position.Series).AtMs);
        position = Fold([Cpu((73 * Hour, 101))], position, through: 73 * Hour).Position;
        Assert.Equal((UInt128)101_000_000_000, position.CpuNanoSeconds);
    }

    [Fact]
    public void Fold_GonePod_IsForgottenAfterAnHourAndNeverCountedTwice()
    {
        UsageSeries[] series = [Cpu((1000, 100))];
        var early = Fold([], Fold(series).Position, [], Hour).Position;
        Assert.Single(early.Series);
        var late = Fold([], early, [], Hour + 1001).Position;
        Assert.Empty(late.Series);
        var again = Fold(series, late, [], 2 * Hour).Position;
        Assert.Equal((UInt128)100_000_000_000, again.CpuNanoSeconds);
        Assert.Empty(again.Series);
    }

    // A node that was cut off for hours comes back, and its kubelet reports the pod once more before it ends it.
    [Fact]
    public void Fold_GonePodShowsAgain_IsNotBilledAnew()
    {
        var gone = Fold([], Fold([Cpu((1000, 100)), Egress("eth0", 2048)]).Position, [], 2 * Hour).Position;
        var back = Fold([Cpu((3 * Hour, 101)), new UsageSeries("a", Meter.Egress, "eth0", [new UsageSample(3 * Hour, 4096)])], gone, [], 3 * Hour).Position;
        Assert.Equal(((UInt128)100_000_000_000, (UInt128)2048), (back.CpuNanoSeconds, back.EgressBytes));
        Assert.Equal((UInt128)102_000_000_000, Fold([Cpu((4 * Hour, 103))], back, [], 4 * Hour).Position.CpuNanoSeconds);
    }

    [Fact]
    public void Fold_GonePodShowsAgain_AfterWindowsInWhichNothingWasForgotten_IsNotBilledAnew()
    {
        var gone = Fold([], Fold([Cpu((1000, 100))]).Position, [], 2 * Hour).Position;
        for (var hour = 3; hour < 30; hour++) gone = Fold([], gone, [], hour * Hour).Position;
        Assert.Equal((UInt128)100_000_000_000, Fold([Cpu((30 * Hour, 101))], gone, [], 30 * Hour).Position.CpuNanoSeconds);
    }

    // Each pod of a set that is evicted again and again is another one. All positions have to fit into one object.
    [Fact]
    public void Fold_PodsThatComeAndGo_AreBilledAllAndRememberedFew()
    {
        var (position, made) = (UsagePosition.StartingAt(0), 0);
        PodHolding[] living = [];
        for (var minute = 1; minute <= 50; minute++)
        {
            living = [.. Enumerable.Range(made, 100).Select(n => new PodHolding($"pod-{n}", 0, 0, 1))];
            made += 100;
            position = UsageFold.Fold(position, living.Select(h => new UsageSeries(h.PodUid, Meter.Cpu, "", [new UsageSample(minute * 60_000, 1)])), living, minute * 60_000, 30_000).Position;
        }

        Assert.Equal((UInt128)5_000_000_000_000, position.CpuNanoSeconds);
        Assert.InRange(position.Series.Count, 100, 1000);
        Assert.All(living, h => Assert.Contains(position.Series, s => s.PodUid == h.PodUid));
        Assert.InRange(position.Forgotten.Count, 1, 2048);
    }

    [Fact]
    public void Fold_TwoValuesAtOneTime_TakesTheLower()
    {
        Assert.Equal((UInt128)4_000_000_000, Fold([Cpu((1000, 5), (1000, 4))]).Position.CpuNanoSeconds);
        var spoiled = Fold([Cpu((1000, double.NaN), (1000, 4), (1000, -1))]);
        Assert.Equal((UInt128)4_000_000_000, spoiled.Position.CpuNanoSeconds);
        Assert.Equal(2, spoiled.Findings.Count);
    }

    [Fact]
    public void Fold_SampleAheadOfTheWindow_WaitsAndFarAheadIsNamedOnce()
    {
        var result = Fold([Cpu((1000, 1), (60_000, 2), (95_000, 3), (99_000, 4))], through: 50_000);
        Assert.Equal(1000, Assert.Single(result.Position.Series).AtMs);
        Assert.Empty(result.Findings);
        var far = Fold([Cpu((1000, 1), (99_000, 4), (199_000, 5))], through: 50_000);
        Assert.Equal(new UsageFinding(UsageFindingKind.Discarded, "a/Cpu/", 99_000, 4), Assert.Single(far.Findings));
    }

    // Seven digits before the point and nine after are more than one double product keeps.
    [Theory]
    [InlineData(8_765_432, 100_000_001)]
    [InlineData(1_234_567, 123_456_789)]
    [InlineData(4_194_303, 999_999_999)]
    public void Fold_LongRunningPod_IsNotAboveItsNanoseconds(long seconds, long nanos)
    {
        var truth = (seconds * 1_000_000_000) + nanos;
        var folded = Fold([Cpu((1000, truth / 1e9))]).Position.CpuNanoSeconds;
        Assert.InRange((long)folded, truth - 1, truth);
    }

    // Floored, 1101.1 s as a double would be a nanosecond less, and at the edge of a unit that is a unit.
    [Theory]
    [InlineData(1_101, 100_000_000)]
    [InlineData(1_234_567, 123_456_789)]
    [InlineData(8_388_607, 999_999_999)]
    public void Fold_CounterThatADoubleHolds_IsItToTheNanosecond(long seconds, long nanos)
    {
        var truth = (seconds * 1_000_000_000) + nanos;
        Assert.Equal((UInt128)truth, Fold([Cpu((1000, truth / 1e9))]).Position.CpuNanoSeconds);
    }

    // With scrape timestamps a cache shows a dead pod for some minutes more.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fold_SeriesThatLingers_BillsNoTimeAfterTheEnd(bool isKnownFromTheStart)
    {
        UsageSeries[] series = [Cpu((1000, 1), (11_000, 2), (21_000, 2), (31_000, 2)), Memory((1000, 8), (11_000, 8), (21_000, 8), (31_000, 8))];
        var ended = Held with { EndedMs = 16_000 };
        var first = Fold(series, holdings: [isKnownFromTheStart ? ended : Held with { PodUid = "b" }], through: 31_000).Position;
        var p = Fold([], first, [ended], 31_000).Position;
        Assert.Equal(((UInt128)30_000, (UInt128)15_000, (UInt128)150_000), (p.GpuMsA, p.GpuMsB, p.StorageMiBMs));
        Assert.Equal((UInt128)2_000_000_000, p.CpuNanoSeconds);
        if (isKnownFromTheStart) Assert.Equal(((UInt128)120_000, 15_000L, 15_000L), (p.MemoryByteMs, p.ExpectedMs, p.ObservedMs));
    }

    [Fact]
    public void Fold_EndInAnyWindows_BillsTheSame() => Prop.ForAll(Gen.Choose(0, 40_000).ListOf().ToArbitrary(), Gen.Choose(1, 40_000).ToArbitrary(), (cuts, end) =>
    {
        UsageSeries[] series = [Cpu([.. Enumerable.Range(1, 40).Select(n => (n * 1000L, (double)n))]), Memory([.. Enumerable.Range(1, 40).Select(n => (n * 1000L, 8d))])];
        var position = UsagePosition.StartingAt(0);
        foreach (var through in cuts.Append(40_000).Order()) position = Fold(series, position, [Held with { EndedMs = end }], through).Position;
        var lived = (UInt128)Math.Max(0, end - 1000);
        return (position.GpuMsA, position.MemoryByteMs, position.ObservedMs) == (2 * lived, 8 * lived, (long)lived);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Fold_HugeCounters_DoNotOverflow()
    {
        var p = Fold([Cpu((1000, 1e18)), Memory((1000, 1e18), (2000, 1e18)), new UsageSeries("a", Meter.Egress, "eth0", [new UsageSample(1000, 1e18)])]).Position;
        Assert.Equal(ulong.MaxValue, p.ToVector().CpuMilliSeconds);
        Assert.Equal(976_562_500_000_000UL, p.ToVector().EgressKiB);
        Assert.Equal(953_674_316_406UL, p.ToVector().MemoryMiBSeconds);
    }

    [Fact]
    public void Fold_InterfacesOfOnePod_AddUp()
    {
        var p = Fold([Egress("eth0", 2048), Egress("eth1", 1024), Egress("eth0", 2048)]).Position;
        Assert.Equal(3UL, p.ToVector().EgressKiB);
    }

    [Fact]
    public void Coverage_NothingToSee_IsFull() => Assert.Equal(1, UsagePosition.StartingAt(0).Coverage);

    private static FoldResult Fold(UsageSeries[] series, UsagePosition? before = null, PodHolding[]? holdings = null, long through = 200_000) =>
        UsageFold.Fold(before ?? UsagePosition.StartingAt(0), series, holdings ?? [Held], through, 30_000);

    private static UsageSeries Cpu(params (long AtMs, double Value)[] samples) => Series(Meter.Cpu, samples);

    private static UsageSeries Memory(params (long AtMs, double Value)[] samples) => Series(Meter.Memory, samples);

    private static UsageSeries Series(Meter meter, (long AtMs, double Value)[] samples) => new("a", meter, "", [.. samples.Select(s => new UsageSample(s.AtMs, s.Value))]);

    private static UsageSeries Egress(string part, double bytes) => new("a", Meter.Egress, part, [new UsageSample(1000, bytes)]);
}
