namespace Federation.Domain.Usage;

/// <summary>What a fold found besides the sums: nothing is dropped in silence.</summary>
public enum UsageFindingKind
{
    /// <summary>Samples too far apart: the time between them is not billed by gauges.</summary>
    Gap,

    /// <summary>A counter had begun anew: it counts whole, from the first sample that can be of no other.</summary>
    Reset,

    /// <summary>A counter's value that may be older than one that is counted already, as another scraper had kept it: not counted.</summary>
    OutOfOrder,

    /// <summary>NaN, negative or infinite: discarded. Or further ahead of the window than a gap: the first such of a series is named.</summary>
    Discarded,
}

/// <param name="Series">Key of the series.</param>
/// <param name="AtMs">When, unix milliseconds.</param>
/// <param name="Detail">Milliseconds for a gap, the value for the others.</param>
public sealed record UsageFinding(UsageFindingKind Kind, string Series, long AtMs, double Detail);

public sealed record FoldResult(UsagePosition Position, IReadOnlyList<UsageFinding> Findings)
{
    /// <summary>What the pods hold, with how far it is counted.</summary>
    public IReadOnlyList<PodHolding> Holdings { get; init; } = [];
}

/// <summary>
/// Raw samples to integers. No extrapolation: a counter gives the sum of its rises, a gauge the lower of two neighbouring
/// samples times the time between them, and only where they are close enough. So the result is never above the truth.
/// </summary>
public static class UsageFold
{
    /// <summary>The longest gap that any datacenter may take for measured, milliseconds: after so long Prometheus itself calls a series stale.</summary>
    public const long MostGapMs = 300_000;

    /// <param name="before">Where metering stands.</param>
    /// <param name="series">Samples of any order, with or without ones that were folded in before.</param>
    /// <param name="holdings">What the pods hold while they live.</param>
    /// <param name="throughMs">End of the window; later samples wait for the next one.</param>
    /// <param name="maxGapMs">Neighbouring samples further apart than this leave a gap. No sample's value is older than this when it is scraped.</param>
    /// <param name="lives">Pods that the API server shows, for what a window should have seen.</param>
    /// <param name="fromMs">Since when the samples were read, where that is before the last window's end: pods that had none by then count from here.</param>
    /// <param name="isLast">No window follows.</param>
    /// <param name="asOfMs">Up to when what the API server showed is known to be all: what pods hold counts by its word until then.</param>
    /// <param name="charged">Meters whose samples are charged, for what a window should have seen; null: CPU.</param>
    /// <param name="idle">UIDs of pods of which nothing ran yet, or that are not of the workload: they are walked over and not billed.</param>
    public static FoldResult Fold(
        UsagePosition before,
        IEnumerable<UsageSeries> series,
        IReadOnlyCollection<PodHolding> holdings,
        long throughMs,
        long maxGapMs,
        IReadOnlySet<string>? idle = null,
        IReadOnlyCollection<PodLife>? lives = null,
        long? fromMs = null,
        bool isLast = false,
        long asOfMs = long.MaxValue,
        IReadOnlyCollection<Meter>? charged = null)
    {
        var read = Merge(series).ToArray();
        var findings = new List<UsageFinding>();
        var held = holdings.GroupBy(h => h.PodUid).ToDictionary(g => g.Key, g => g.First());
        var positions = before.Series.ToDictionary(p => p.Key);
        var sums = new Sums();
        var forgotten = before.Forgotten.ToHashSet(StringComparer.Ordinal);
        var sampled = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var one in read)
        {
            positions.TryGetValue(one.Key, out var from);
            var wasForgotten = forgotten.Contains(one.PodUid);
            var holding = held.GetValueOrDefault(one.PodUid);
            var walk = new SeriesWalk(one, from, wasForgotten ? before.ThroughMs : fromMs ?? before.ThroughMs, throughMs, maxGapMs, findings)
            {
                WasForgotten = wasForgotten, HeldFromMs = holding is null ? 0 : Allocation.SampledFrom(holding, asOfMs),
            };
            walk.Run(holding, IsIdle(one.PodUid) ? new Sums() : sums);
            if (walk.Position is { } to) positions[one.Key] = to;
            if (!IsIdle(one.PodUid)) sampled[one.PodUid] = sampled.GetValueOrDefault(one.PodUid) + walk.HeldMs;
        }

        // Also without a new sample: the pod may have been seen for the first time after its last one.
        foreach (var late in positions.Values.Where(p => p.UnheldMs is not null && (IsIdle(p.PodUid) || held.ContainsKey(p.PodUid))).ToArray())
        {
            if (!IsIdle(late.PodUid) && !held[late.PodUid].IsVouched) sums.Hold(held[late.PodUid], Lived(late));
            positions[late.Key] = late with { UnheldMs = null };
        }

        foreach (var holding in held.Values) sums.Hold(holding, Allocation.CountedUntil(holding, throughMs, asOfMs) - holding.FromMs);
        PodHolding[] counted = [.. holdings.Select(h => Allocation.Close(h, throughMs, asOfMs, sampled.GetValueOrDefault(h.PodUid)))];

        var (kept, dropped) = Split(positions.Values, p => p.AtMs > throughMs - SilentMs || held.ContainsKey(p.PodUid));
        var position = sums.AddTo(before, Math.Max(before.ThroughMs, throughMs), kept);
        if (throughMs > before.ThroughMs)
        {
            var sight = WindowSight.Of(before, read, lives ?? [], throughMs, maxGapMs, isLast, charged);
            position = position with { Window = sight, UnmeasuredMs = before.UnmeasuredMs + sight.UnmeasuredMs };
        }

        var remembered = dropped.Length == 0 ? position : position with { Forgotten = [.. before.Forgotten.Except(dropped).Concat(dropped).TakeLast(MostForgotten)] };
        return new FoldResult(remembered, findings) { Holdings = counted };

        // At most that much of what was measured came after the end.
        long Lived(SeriesPosition late) => held[late.PodUid].EndedMs is > 0 and var ended ? Math.Max(0, late.UnheldMs!.Value - Math.Max(0, late.AtMs - ended)) : late.UnheldMs!.Value;

        bool IsIdle(string podUid) => idle?.Contains(podUid) == true;
    }

    internal const long SilentMs = 3_600_000;

    // More than a lease's quota lets be there at once, and few enough for one object beside the tenant's manifest.
    private const int MostPods = 640;
    private const int MostForgotten = 2048;

    // A gone pod is forgotten an hour later, or when many have come since: those measured last stay. Always whole pods.
    private static (SeriesPosition[] Kept, string[] Dropped) Split(IEnumerable<SeriesPosition> positions, Func<SeriesPosition, bool> isNeeded)
    {
        var pods = positions.ToLookup(p => p.PodUid, StringComparer.Ordinal);
        var kept = pods.Where(p => p.Any(isNeeded)).OrderByDescending(p => p.Max(s => s.AtMs)).ThenBy(p => p.Key, StringComparer.Ordinal).Take(MostPods).ToArray();
        var dropped = pods.Select(p => p.Key).Except(kept.Select(p => p.Key)).Order(StringComparer.Ordinal).ToArray();
        return ([.. kept.SelectMany(p => p).OrderBy(p => p.Key, StringComparer.Ordinal)], dropped);
    }

    // The same series may come in pieces or twice: two Prometheus replicas, overlapping reads. Of two values at one time the lower counts.
    private static IEnumerable<UsageSeries> Merge(IEnumerable<UsageSeries> series) =>
        from one in series
        group one by one.Key into same
        orderby same.Key
        select same.Count() == 1 && same.First().Samples.Ascend() ? same.First() : same.First() with
        {
            Samples = [.. same.SelectMany(s => s.Samples).Distinct().OrderBy(s => s.AtMs).ThenBy(s => s.Value)],
        };
}
