using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

/// <summary>
/// Pods with true counters of whole nanoseconds and bytes, sampled at random times by an imperfect scraper: gaps, and counters
/// that start again when a pod's sandbox does. Memory is taken as linear between samples: what no sample saw, none can tell.
/// </summary>
internal sealed class UsageScenario
{
    public const long Start = 1_700_000_000_000;
    public const long MaxGapMs = 30_000;

    private readonly Random random;
    private readonly List<UsageSeries> series = [];

    private UsageScenario(int seed, bool gaps, bool resets)
    {
        random = new Random(seed);
        Holdings = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => new PodHolding($"pod-{i}", (uint)random.Next(9), (uint)random.Next(3), (uint)random.Next(1 << 20)))];
        foreach (var holding in Holdings) Live(holding, gaps, resets);
        End = series.SelectMany(s => s.Samples).Max(s => s.AtMs) + 1;
    }

    public IReadOnlyList<PodHolding> Holdings { get; }
    public IReadOnlyList<UsageSeries> Series => series;
    public long End { get; }

    // The truth, over all pods.
    public UInt128 CpuNanoSeconds { get; private set; }
    public UInt128 EgressBytes { get; private set; }
    public UInt128 MemoryByteMs { get; private set; }
    public UInt128 StorageMiBMs { get; private set; }
    public UInt128 GpuMsA { get; private set; }
    public UInt128 GpuMsB { get; private set; }

    public static Arbitrary<UsageScenario> Any(bool gaps = true, bool resets = true) =>
        Gen.Choose(0, int.MaxValue).Select(seed => new UsageScenario(seed, gaps, resets)).ToArbitrary();

    public FoldResult Fold() => UsageFold.Fold(UsagePosition.StartingAt(Start), series, Holdings, End, MaxGapMs);

    /// <summary>Window by window; each reads all, or from a little before its start. What a pod holds is known from some moment of its life on.</summary>
    public IEnumerable<UsagePosition> FoldInWindows()
    {
        var position = UsagePosition.StartingAt(Start);
        var through = Start;
        var knownFrom = Holdings.ToDictionary(h => h, h => random.NextInt64(Start, series.Where(s => s.PodUid == h.PodUid).Max(s => s.Samples[^1].AtMs) + 1));
        while (through < End)
        {
            through = Math.Min(End, through + random.NextInt64(1, (End - Start) / 2 + 2));
            var (from, overlap) = (position.ThroughMs, random.Next(3) switch { 0 => long.MaxValue / 2, 1 => 60_000, _ => 0 });
            var read = series.Select(s => s with { Samples = [.. s.Samples.Where(x => x.AtMs > from - overlap)] });
            position = UsageFold.Fold(position, read, [.. Holdings.Where(h => knownFrom[h] <= through)], through, MaxGapMs).Position;
            yield return position;
        }
    }

    /// <summary>Window by window, while the store is behind by any time up to the lateness that each read looks back.</summary>
    public IEnumerable<UsagePosition> FoldLate()
    {
        const int LatenessMs = 600_000;
        var (position, through, visible) = (UsagePosition.StartingAt(Start), Start, Start);
        while (through < End)
        {
            through = Math.Min(End, through + random.NextInt64(1, (End - Start) / 2 + 2));
            var from = Math.Max(Start, position.ThroughMs - LatenessMs);
            visible = through == End ? End : Math.Max(visible, through - random.NextInt64(LatenessMs));
            var read = series.Select(s => s with { Samples = [.. s.Samples.Where(x => x.AtMs > from && x.AtMs <= visible)] });
            position = UsageFold.Fold(position, read, Holdings, through, MaxGapMs, fromMs: from).Position;
            yield return position;
        }
    }

    /// <summary>The same samples as overlapping pieces in any order.</summary>
    public UsageSeries[] Shuffled()
    {
        var pieces = series.SelectMany(s => new[]
        {
            s with { Samples = Shuffle(s.Samples) },
            s with { Samples = Shuffle([.. s.Samples.Where(_ => random.Next(2) == 0)]) },
            s with { Samples = [] },
        }).ToArray();
        random.Shuffle(pieces);
        return pieces;
    }

    /// <summary>With samples that no kubelet gives.</summary>
    public UsageSeries[] Spoiled() => [.. series.Select(s => s with
    {
        Samples = Shuffle([.. s.Samples, .. s.Samples.Select(x => new UsageSample(x.AtMs + random.Next(-1, 2), Bad())), new UsageSample(End + (10 * MaxGapMs), 1e15)]),
    })];

    private double Bad() => new[] { double.NaN, -1, double.PositiveInfinity, double.NegativeInfinity, 1e300, -double.Epsilon }[random.Next(6)];

    private UsageSample[] Shuffle(IReadOnlyList<UsageSample> samples)
    {
        var copy = samples.ToArray();
        random.Shuffle(copy);
        return copy;
    }

    private void Live(PodHolding holding, bool gaps, bool resets)
    {
        var (cpu, egress) = (new UsageCounter(random, 64_000_000), new UsageCounter(random, 1 << 22));
        var (cpus, memories, sent) = (new List<UsageSample>(), new List<UsageSample>(), new List<UsageSample>());
        var at = Start + random.Next(1, 600_000);
        var born = at;
        for (var i = random.Next(2, 40); i > 0; i--)
        {
            var step = gaps && random.Next(8) == 0 ? random.Next(31_000, 1_200_000) : random.Next(1, (int)MaxGapMs);
            at += step;
            cpu.Run(step, resets);
            egress.Run(step, resets);
            cpus.Add(new UsageSample(at, cpu.Shown / 1e9));
            sent.Add(new UsageSample(at, egress.Shown));
            memories.Add(new UsageSample(at, random.NextInt64(1L << 38)));
        }

        series.Add(new UsageSeries(holding.PodUid, Meter.Cpu, "", cpus));
        series.Add(new UsageSeries(holding.PodUid, Meter.Memory, "", memories));
        series.Add(new UsageSeries(holding.PodUid, Meter.Egress, "eth0", sent));
        CpuNanoSeconds += (UInt128)cpu.Total;
        EgressBytes += (UInt128)egress.Total;
        MemoryByteMs += memories.Zip(memories.Skip(1)).Aggregate((UInt128)0, (sum, p) => sum + ((UInt128)(p.First.Value + p.Second.Value) * (UInt128)(p.Second.AtMs - p.First.AtMs) / 2));
        var life = (UInt128)(at - born);
        (StorageMiBMs, GpuMsA, GpuMsB) = (StorageMiBMs + (life * holding.StorageMiB), GpuMsA + (life * holding.GpuA), GpuMsB + (life * holding.GpuB));
    }
}

/// <summary>A counter of whole units, as the kernel has it.</summary>
internal sealed class UsageCounter(Random random, int maxPerMs)
{
    public long Total { get; private set; }

    /// <summary>What the kubelet shows: since the last restart.</summary>
    public long Shown { get; private set; }

    public void Run(int ms, bool resets)
    {
        if (resets && random.Next(10) == 0) Shown = 0;
        var rise = (long)ms * random.Next(maxPerMs + 1);
        (Total, Shown) = (Total + rise, Shown + rise);
    }
}
