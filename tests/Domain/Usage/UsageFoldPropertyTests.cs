using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

public sealed class UsageFoldPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void Fold_AnySplitIntoWindows_GivesTheSameSum() =>
        Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s => Same(s.Fold().Position, s.FoldInWindows().Last())));

    [Fact]
    public void Fold_SamplesThatComeLate_GiveTheSameSum() =>
        Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s => Same(s.Fold().Position, s.FoldLate().Last())));

    [Fact]
    public void Fold_WindowByWindow_NeverFalls() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s =>
    {
        var before = UsageVector.Zero;
        foreach (var position in s.FoldInWindows())
        {
            if (!position.ToVector().Covers(before)) return false;
            before = position.ToVector();
        }

        return true;
    }));

    [Fact]
    public void Fold_OtherOrderAndDuplicates_ChangeNothing() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s =>
    {
        var (plain, shuffled) = (s.Fold(), UsageFold.Fold(UsagePosition.StartingAt(UsageScenario.Start), s.Shuffled(), s.Holdings, s.End, UsageScenario.MaxGapMs));
        return Same(plain.Position, shuffled.Position) && plain.Findings.SequenceEqual(shuffled.Findings);
    }));

    [Fact]
    public void Fold_TheSameAgain_AddsNothing() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s =>
    {
        var once = s.Fold().Position;
        return Same(once, UsageFold.Fold(once, s.Series, s.Holdings, s.End, UsageScenario.MaxGapMs).Position);
    }));

    [Fact]
    public void Fold_GapsAndResets_AreNeverAboveTheTruth() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s =>
    {
        var p = s.Fold().Position;
        return p.CpuNanoSeconds <= s.CpuNanoSeconds && p.EgressBytes <= s.EgressBytes && p.MemoryByteMs <= s.MemoryByteMs
            && p.StorageMiBMs <= s.StorageMiBMs && p.GpuMsA <= s.GpuMsA && p.GpuMsB <= s.GpuMsB
            && p.ObservedMs <= p.ExpectedMs && p.Coverage is >= 0 and <= 1;
    }));

    // Seen without a gap, counters are the truth; a nanosecond per pod is lost where the text of a sample cannot hold it.
    [Fact]
    public void Fold_SeenWithoutGap_IsTheTruth() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(gaps: false, resets: false), s =>
    {
        var (p, findings) = s.Fold();
        return findings.Count == 0 && p.Coverage == 1 && p.EgressBytes == s.EgressBytes
            && s.CpuNanoSeconds - p.CpuNanoSeconds <= (UInt128)s.Holdings.Count
            && p.GpuMsA == s.Holdings.Aggregate((UInt128)0, (sum, h) => sum + ((UInt128)h.GpuA * (UInt128)Seen(s, h)));
    }));

    [Fact]
    public void Fold_BadSamples_AreDiscardedAndNamed() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s =>
    {
        var spoiled = UsageFold.Fold(UsagePosition.StartingAt(UsageScenario.Start), s.Spoiled(), s.Holdings, s.End, UsageScenario.MaxGapMs);
        var discarded = spoiled.Findings.Where(f => f.Kind == UsageFindingKind.Discarded).ToArray();
        return Same(s.Fold().Position, spoiled.Position)
            && s.Series.All(x => discarded.Any(f => f.Series == x.Key && f.Detail == 1e15))
            && s.Series.All(x => discarded.Any(f => f.Series == x.Key && f.Detail != 1e15));
    }));

    [Fact]
    public void ToVector_AnyPosition_IsRoundedDown() => Check.One(Runs, Prop.ForAll(UsageScenario.Any(), s =>
    {
        var (p, v) = (s.Fold().Position, s.Fold().Position.ToVector());
        return (UInt128)v.CpuMilliSeconds * 1_000_000 <= p.CpuNanoSeconds && p.CpuNanoSeconds < ((UInt128)v.CpuMilliSeconds + 1) * 1_000_000
            && (UInt128)v.MemoryMiBSeconds * 1_048_576_000 <= p.MemoryByteMs && p.MemoryByteMs < ((UInt128)v.MemoryMiBSeconds + 1) * 1_048_576_000
            && (UInt128)v.EgressKiB * 1024 <= p.EgressBytes && p.EgressBytes < ((UInt128)v.EgressKiB + 1) * 1024
            && v.StorageMiBSeconds == p.StorageMiBMs / 1000 && v.GpuMilliSecondsA == p.GpuMsA && v.GpuMilliSecondsB == p.GpuMsB;
    }));

    private static long Seen(UsageScenario s, PodHolding holding)
    {
        var samples = s.Series.Single(x => x.PodUid == holding.PodUid && x.Meter == Meter.Cpu).Samples;
        return samples.Max(x => x.AtMs) - samples.Min(x => x.AtMs);
    }

    internal static bool Same(UsagePosition a, UsagePosition b) => a.Series.SequenceEqual(b.Series) && a with { Series = b.Series } == b;
}
