using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

/// <summary>A counter as two scrapers show it: each at its own times, with values that its cache kept for up to a gap.</summary>
public sealed class TwoScrapersTests
{
    private const int MaxGapMs = (int)UsageScenario.MaxGapMs;
    private const int CalmMs = 6 * MaxGapMs;
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Fold_WhateverTheScrapersShow_IsNeverAboveTheTruth() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed, resets: true);
        return story.Fold().All(p => p.Billed <= story.TruthAt(p.AtMs));
    }));

    // An old value costs nothing: the newest one brings all of it.
    [Fact]
    public void Fold_WithoutResets_IsTheLatestValueShown() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed, resets: false);
        return story.Fold().Last().Billed == story.Samples.Max(s => (UInt128)s.Value);
    }));

    // What was used since the counter began anew is counted whole once no scraper can show the counter of before any more.
    [Fact]
    public void Fold_CalmAfterAReset_CountsWhatCameSince() => Check.One(Runs, Prop.ForAll(Seeds(), seed =>
    {
        var story = new Story(seed, resets: true, isCalm: true);
        return story.Fold().Last().Billed >= (UInt128)story.Samples[^1].Value;
    }));

    private static Arbitrary<int> Seeds() => Gen.Choose(0, int.MaxValue).ToArbitrary();

    private sealed class Story
    {
        private readonly Random random;
        private readonly List<(long AtMs, long Total, long Shown)> truth = [(0, 0, 0)];

        public Story(int seed, bool resets, bool isCalm = false)
        {
            random = new Random(seed);
            var end = random.Next(10_000, 600_000);
            Live(end, resets);
            if (isCalm) Live(CalmMs, resets: false);
            var samples = new List<UsageSample>();
            for (var scraper = 0; scraper < 2; scraper++)
            {
                var (step, oldest) = (random.Next(100, MaxGapMs), random.Next(MaxGapMs));
                for (long at = random.Next(step); at <= End; at += random.Next(step / 2, step + 1)) samples.Add(Show(at, random.Next(oldest + 1)));
            }

            samples.Add(Show(End, 0));
            Samples = [.. samples.DistinctBy(s => s.AtMs).OrderBy(s => s.AtMs)];
        }

        public UsageSample[] Samples { get; }

        private long End => truth[^1].AtMs;

        public UInt128 TruthAt(long ms) => (UInt128)truth.Last(t => t.AtMs <= ms).Total;

        public IEnumerable<(long AtMs, UInt128 Billed)> Fold()
        {
            var (position, through) = (UsagePosition.StartingAt(0), 0L);
            while (through < End)
            {
                through = Math.Min(End, through + random.NextInt64(1, End));
                var read = new UsageSeries("a", Meter.Egress, "eth0", [.. Samples.Where(s => s.AtMs > position.ThroughMs && s.AtMs <= through)]);
                position = UsageFold.Fold(position, [read], [], through, MaxGapMs).Position;
                yield return (through, position.EgressBytes);
            }
        }

        private UsageSample Show(long at, long age) => new(at, truth.Last(t => t.AtMs <= Math.Max(0, at - age)).Shown);

        private void Live(int ms, bool resets)
        {
            for (var (at, until) = (End, End + ms); at < until;)
            {
                at = Math.Min(until, at + random.Next(50, 5000));
                var (last, rise) = (truth[^1], random.NextInt64(random.Next(2) == 0 ? 2 : 100_000));
                truth.Add((at, last.Total + rise, (resets && random.Next(60) == 0 ? 0 : last.Shown) + rise));
            }
        }
    }
}
