namespace Federation.Domain.Usage;

/// <summary>How much of its pods' time a window saw. The time is that of the API server: where no sample came, it passed all the same.</summary>
/// <param name="LifeMs">Pod-milliseconds in which there was something to measure.</param>
/// <param name="UnmeasuredMs">Of these, within gaps: not billed, but for what counters caught up.</param>
public sealed record WindowSight(long LifeMs, long UnmeasuredMs)
{
    public static WindowSight None { get; } = new(0, 0);

    /// <summary>0 to 1; 1 when there was nothing to measure.</summary>
    public double Coverage => LifeMs == 0 ? 1 : 1 - ((double)UnmeasuredMs / LifeMs);

    /// <param name="before">Where metering stood.</param>
    /// <param name="maxGapMs">Points of a pod's life (its start, its samples, its end) that are no further apart leave nothing unmeasured.</param>
    public static WindowSight Of(UsagePosition before, IEnumerable<UsageSeries> series, IReadOnlyCollection<PodLife> lives, long throughMs, long maxGapMs)
    {
        var (seen, total) = (PointsOf(before, series), None);
        foreach (var life in lives)
        {
            var (from, to) = (Math.Max(before.ThroughMs, life.FromMs), Math.Min(throughMs, life.UntilMs));
            if (to <= from) continue;
            var (unmeasured, last) = (0L, life.FromMs);
            foreach (var point in seen[life.PodUid].Where(p => p > last && p < to).Order().Append(to))
            {
                if (point - last > maxGapMs) unmeasured += Math.Max(0, point - Math.Max(last, from));
                last = point;
            }

            total = new WindowSight(total.LifeMs + to - from, total.UnmeasuredMs + unmeasured);
        }

        return total;
    }

    /// <summary>
    /// How far a window can end without a gap at its end: where the samples of each living pod have got to, and of each that ended
    /// inside it. A store that lags holds it back.
    /// </summary>
    public static long Reach(UsagePosition before, IEnumerable<UsageSeries> series, IReadOnlyCollection<PodLife> lives, long throughMs, long maxGapMs)
    {
        var seen = PointsOf(before, series);
        return Math.Max(before.ThroughMs, lives.Where(l => l.UntilMs > before.ThroughMs).Select(ReachOf).Append(throughMs).Min());

        long ReachOf(PodLife life)
        {
            var reach = seen[life.PodUid].Append(Math.Max(before.ThroughMs, life.FromMs)).Max() + maxGapMs;
            return reach < life.UntilMs ? reach : throughMs;
        }
    }

    private static ILookup<string, long> PointsOf(UsagePosition before, IEnumerable<UsageSeries> series) => before.Series
        .Where(p => p.Key == UsageSeries.KeyOf(p.PodUid, Meter.Cpu, "")).Select(p => (p.PodUid, p.AtMs))
        .Concat(series.Where(s => s.Meter == Meter.Cpu).SelectMany(s => s.Samples.Where(x => double.IsFinite(x.Value)).Select(x => (s.PodUid, x.AtMs))))
        .ToLookup(p => p.PodUid, p => p.AtMs, StringComparer.Ordinal);
}
