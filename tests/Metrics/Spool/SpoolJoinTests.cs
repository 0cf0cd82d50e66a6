using Federation.Domain.Usage;
using Federation.Metrics.Spool;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Metrics.Tests.Spool;

/// <summary>A store that was away for a while, and nodes' spools with holes of their own: what is billed of both together.</summary>
public class SpoolJoinTests
{
    private const int MaxGapMs = 10_000;
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void Mixed_IsNeverAboveTheTruth_WhateverTheStoreHadCached() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed, isStale: true);
        return story.Fold(split: true).All(p => p.CpuNanoSeconds <= story.TruthAt(p.ThroughMs));
    }));

    [Fact]
    public void Mixed_AnySplit_GivesTheSameSum_WhichIsTheLastThatEitherSaw() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed, isStale: false);
        var (whole, pieces) = (story.Fold(split: false).Last(), story.Fold(split: true).Last());
        return whole.CpuNanoSeconds == pieces.CpuNanoSeconds && whole.CpuNanoSeconds == story.LastSeen;
    }));

    [Fact]
    public void StoreWithoutGap_KeepsItsSamples_AndGetsTheLastLooks()
    {
        var read = SpoolJoin.Fill([Of("a", 5000, 12_000, 20_000)], [Of("a", 1000, 8000, 15_000, 20_000, 21_000), Of("b", 4000)], MaxGapMs);
        Assert.Equal([1000, 5000, 12_000, 20_000, 21_000], read[0].Samples.Select(s => s.AtMs));
        Assert.Equal(("b", 4000L), (read[1].PodUid, Assert.Single(read[1].Samples).AtMs));
    }

    [Theory]
    [InlineData(new long[] { 5000, 12_000, 20_000 }, 20_000)]
    [InlineData(new long[] { 5000, 12_000, 25_000 }, 12_000)]
    [InlineData(new long[] { 15_000, 20_000 }, 0)]
    [InlineData(new long[0], 0)]
    public void SpoolsAreAsked_ForNoMoreThanIsLacking(long[] seen, long from) =>
        Assert.Equal(from, SpoolJoin.LacksFrom(seen.Length == 0 ? [] : [Of("a", seen), Of("a", seen) with { Meter = Meter.Memory }], ["a"], 0, 30_000, MaxGapMs));

    // The spools have both: a store that lost the one says nothing of it by having the other.
    [Fact]
    public void SpoolsAreAsked_ForWhatTheStoreLostOfOneMeter()
    {
        var cpu = Of("a", 5000, 12_000, 20_000, 28_000);
        var memory = Of("a", 5000, 28_000) with { Meter = Meter.Memory };
        Assert.Equal(5000, SpoolJoin.LacksFrom([cpu, memory], ["a"], 0, 30_000, MaxGapMs));
        Assert.Equal(0, SpoolJoin.LacksFrom([cpu], ["a"], 0, 30_000, MaxGapMs));
    }

    [Fact]
    public void SpoolsAreAsked_ForPodsThatTheStoreNeverSaw() => Assert.Equal(0, SpoolJoin.LacksFrom([Of("a", 5000, 12_000, 20_000)], ["short"], 0, 30_000, MaxGapMs));

    private static UsageSeries Of(string uid, params long[] at) => new(uid, Meter.Cpu, "", [.. at.Select(ms => new UsageSample(ms, ms))]);

    private static Arbitrary<int> Seeds() => Gen.Choose(0, int.MaxValue).ToArbitrary();

    /// <summary>A counter, known at each millisecond, and what two looked at of it.</summary>
    private sealed class Story
    {
        private readonly Random random;
        private readonly ulong[] cpu;
        private readonly UsageSample[] store;
        private readonly UsageSample[] spool;

        public Story(int seed, bool isStale)
        {
            random = new Random(seed);
            cpu = new ulong[random.Next(2, 60_000)];
            for (var ms = 1; ms < cpu.Length; ms++) cpu[ms] = cpu[ms - 1] + (ulong)random.Next(2_000_000);
            store = Look(random.Next(100, MaxGapMs), isStale ? random.Next(MaxGapMs) : 0);
            spool = Look(random.Next(10, 2000), 0);
        }

        public UInt128 LastSeen => store.Concat(spool).Select(s => (UInt128)Math.Round(s.Value * 1e9)).DefaultIfEmpty(UInt128.Zero).Max();

        public UInt128 TruthAt(long ms) => cpu[ms];

        public IEnumerable<UsagePosition> Fold(bool split)
        {
            var (position, end) = (UsagePosition.StartingAt(0), cpu.Length - 1L);
            while (position.ThroughMs < end)
            {
                var through = split ? Math.Min(end, position.ThroughMs + random.NextInt64(1, end + 1)) : end;
                var from = Math.Max(0, position.ThroughMs - random.Next(20_000));
                var read = SpoolJoin.Fill(In(store, from, through), In(spool, from, through), MaxGapMs);
                yield return position = UsageFold.Fold(position, read, [], through, MaxGapMs, fromMs: from).Position;
            }
        }

        private static UsageSeries[] In(UsageSample[] samples, long from, long through) =>
            samples.Where(s => s.AtMs > from && s.AtMs <= through).ToArray() is { Length: > 0 } some ? [new UsageSeries("a", Meter.Cpu, "", some)] : [];

        // With a hole: an outage of the store, a start of the spool.
        private UsageSample[] Look(int step, int oldest)
        {
            var (hole, until) = (random.Next(cpu.Length), random.Next(cpu.Length));
            return [.. Times(step).Where(t => t < hole || t > until).Select(t => new UsageSample(t, cpu[Math.Max(0, t - random.Next(oldest + 1))] / 1e9))];
        }

        private IEnumerable<long> Times(int step)
        {
            for (long at = random.Next(1, step + 1); at < cpu.Length; at += random.Next((step / 2) + 1, step + 2)) yield return at;
        }
    }
}
