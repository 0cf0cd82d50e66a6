using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Metrics.Tests.Prometheus;

/// <summary>Two scrapers of one node, each with its own times, caches and outages: what is billed of both is never above the truth, and never less than without the second.</summary>
public sealed class ScraperPairTests
{
    private const int MaxGapMs = 10_000;
    private const string Pod = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void Both_AreNeverAboveTheTruth() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed);
        var billed = story.Fold(story.First, story.Second);
        return billed.CpuNanoSeconds <= story.Cpu && billed.MemoryByteMs <= story.Memory && billed.ObservedMs <= story.EndMs;
    }));

    [Fact]
    public void Both_AreNeverLessThanTheOneThatLookedMostOftenAlone() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed);
        var (both, alone) = (story.Fold(story.First, story.Second), story.Fold(story.Followed));
        return both.CpuNanoSeconds >= alone.CpuNanoSeconds && both.MemoryByteMs >= alone.MemoryByteMs && both.ObservedMs >= alone.ObservedMs && both.UnmeasuredMs <= alone.UnmeasuredMs;
    }));

    // Each was away for a while, and never both: there is no gap in what they saw together.
    [Fact]
    public void OutagesThatDoNotMeet_LeaveNoGap() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed, areApart: true);
        return story.Fold(story.First, story.Second).UnmeasuredMs == 0;
    }));

    private static Arbitrary<int> Seeds() => Gen.Choose(0, int.MaxValue).ToArbitrary();

    /// <summary>A pod whose memory never falls, so that the lower of two neighbours is below the truth at any age.</summary>
    private sealed class Story
    {
        private readonly Random random;
        private readonly long[] cpu;
        private readonly long[] memory;

        public Story(int seed, bool areApart = false)
        {
            random = new Random(seed);
            cpu = new long[random.Next(60_000, 200_000)];
            memory = new long[cpu.Length];
            for (var ms = 1; ms < cpu.Length; ms++) (cpu[ms], memory[ms]) = (cpu[ms - 1] + random.Next(2_000_000), memory[ms - 1] + random.Next(2));
            var third = cpu.Length / 3;
            First = Look(areApart ? random.Next(third) : random.Next(cpu.Length), areApart ? third : random.Next(cpu.Length));
            Second = Look(areApart ? random.Next(third + MaxGapMs, 2 * third) + MaxGapMs : random.Next(cpu.Length), areApart ? 3 * third : random.Next(cpu.Length));
        }

        public (long AtMs, long Cpu, long Memory)[] First { get; }

        public (long AtMs, long Cpu, long Memory)[] Second { get; }

        public (long AtMs, long Cpu, long Memory)[] Followed =>
            new[] { First, Second }.Where(s => s.Length > 0).OrderByDescending(s => s.Length).ThenBy(s => s[0].AtMs).FirstOrDefault([]);

        public long EndMs => cpu.Length - 1;

        public UInt128 Cpu => (UInt128)cpu[^1];

        public UInt128 Memory => memory.Aggregate(UInt128.Zero, (sum, bytes) => sum + (UInt128)bytes);

        public UsagePosition Fold(params (long AtMs, long Cpu, long Memory)[][] scrapers)
        {
            var rows = scrapers.Where(s => s.Length > 0).SelectMany((samples, job) => new[]
            {
                Row(Meter.Cpu, job, samples.Select(s => new UsageSample(s.AtMs, s.Cpu / 1e9))), Row(Meter.Memory, job, samples.Select(s => new UsageSample(s.AtMs, s.Memory))),
            });
            return UsageFold.Fold(UsagePosition.StartingAt(0), SeriesJoin.Join(rows, MaxGapMs), [], EndMs, MaxGapMs, lives: [new PodLife(Pod, 0, EndMs)]).Position;
        }

        private static (UsageSeries, RawSeries) Row(Meter meter, int job, IEnumerable<UsageSample> samples)
        {
            UsageSample[] all = [.. samples];
            return (new UsageSeries(Pod, meter, "", all), new RawSeries(new Dictionary<string, string> { ["job"] = $"{job}" }, all));
        }

        // With an outage, and a cache: what it shows may be some seconds old, and never older than what it showed before.
        private (long, long, long)[] Look(int outage, int until)
        {
            var (step, oldest, shown, seen) = (random.Next(200, MaxGapMs / 3), random.Next(MaxGapMs / 3), 0, new List<(long, long, long)>());
            for (var at = random.Next(step); at < cpu.Length; at += random.Next((step / 2) + 1, step + 1))
            {
                shown = Math.Max(shown, at - random.Next(oldest + 1));
                if (at < outage || at > until) seen.Add((at, cpu[shown], memory[shown]));
            }

            return [.. seen];
        }
    }
}
