namespace Federation.Domain.Usage;

/// <summary>How much of its pods' time a window saw. The time is that of the API server: where no sample came, it passed all the same.</summary>
/// <param name="LifeMs">Pod-milliseconds in which there was something to measure.</param>
/// <param name="UnmeasuredMs">Of these, within gaps: not billed, but for what counters caught up.</param>
public sealed record WindowSight(long LifeMs, long UnmeasuredMs)
{
    public static WindowSight None { get; } = new(0, 0);

    /// <summary>Whose samples it is about: of those that are charged, the one that lacks most.</summary>
    public Meter Meter { get; init; }

    /// <summary>0 to 1; 1 when there was nothing to measure.</summary>
    public double Coverage => LifeMs == 0 ? 1 : 1 - ((double)UnmeasuredMs / LifeMs);

    /// <param name="before">Where metering stood.</param>
    /// <param name="maxGapMs">Points of a pod's life (its start, its samples, its end) that are no further apart leave nothing unmeasured.</param>
    /// <param name="isLast">What a pod's samples lack at its end comes in no other window: more than they lie apart is unmeasured.</param>
    /// <param name="meters">That are charged: each is looked at, for one may lack where another is there. Null: CPU, which every pod has.</param>
    public static WindowSight Of(
        UsagePosition before, IReadOnlyCollection<UsageSeries> series, IReadOnlyCollection<PodLife> lives, long throughMs, long maxGapMs, bool isLast = false, IReadOnlyCollection<Meter>? meters = null) =>
        (meters ?? ChargedMeters.Always).Select(m => Of(m, before, series, lives, throughMs, maxGapMs, isLast)).MaxBy(s => s.UnmeasuredMs) ?? None;

    private static WindowSight Of(Meter meter, UsagePosition before, IReadOnlyCollection<UsageSeries> series, IReadOnlyCollection<PodLife> lives, long throughMs, long maxGapMs, bool isLast)
    {
        var (seen, total) = (PointsOf(meter, before, series), None with { Meter = meter });
        foreach (var life in lives)
        {
            var (from, to) = (Math.Max(before.ThroughMs, life.FromMs), Math.Min(throughMs, life.UntilMs));
            if (to <= from) continue;
            var (unmeasured, last) = (0L, life.FromMs);
            foreach (var point in seen[life.PodUid].Where(p => p > last && p < to).Order().Append(to))
            {
                if (point - last > (isLast && point == to ? StepOf(seen[life.PodUid], maxGapMs) : maxGapMs)) unmeasured += Math.Max(0, point - Math.Max(last, from));
                last = point;
            }

            total = total with { LifeMs = total.LifeMs + to - from, UnmeasuredMs = total.UnmeasuredMs + unmeasured };
        }

        return total;
    }

    /// <summary>
    /// How far a window can end without a gap at its end: where the samples of each living pod have got to, and of each that ended
    /// inside it. A store that lags holds it back.
    /// </summary>
    /// <param name="isLast">No window follows in which late samples would count: each pod's have to come as near to its end as they lie to one another.</param>
    /// <param name="meters">As for what it saw.</param>
    public static long Reach(
        UsagePosition before, IReadOnlyCollection<UsageSeries> series, IReadOnlyCollection<PodLife> lives, long throughMs, long maxGapMs, bool isLast = false, IReadOnlyCollection<Meter>? meters = null) =>
        (meters ?? ChargedMeters.Always).Select(m => Reach(m, before, series, lives, throughMs, maxGapMs, isLast)).Append(throughMs).Min();

    private static long Reach(Meter meter, UsagePosition before, IReadOnlyCollection<UsageSeries> series, IReadOnlyCollection<PodLife> lives, long throughMs, long maxGapMs, bool isLast)
    {
        var seen = PointsOf(meter, before, series);
        return Math.Max(before.ThroughMs, lives.Where(l => l.UntilMs > before.ThroughMs).Select(ReachOf).Append(throughMs).Min());

        long ReachOf(PodLife life)
        {
            var begin = Math.Max(before.ThroughMs, life.FromMs);
            var reach = isLast ? seen[life.PodUid].DefaultIfEmpty(begin).Max() + StepOf(seen[life.PodUid], maxGapMs) : seen[life.PodUid].Append(begin).Max() + maxGapMs;
            return reach < life.UntilMs ? reach : throughMs;
        }
    }

    /// <summary>
    /// Lives of pods whose objects are gone. When one began is not known any more where its time is counted by samples alone: at its first
    /// sample, or, while the store has not got to its end, when the window did.
    /// </summary>
    /// <param name="gone">With their ends.</param>
    public static IEnumerable<PodLife> LivesOf(IEnumerable<PodHolding> gone, UsagePosition before, IReadOnlyCollection<UsageSeries> series)
    {
        var seen = PointsOf(Meter.Cpu, before, series);
        var reached = series.SelectMany(s => s.Samples).Select(s => s.AtMs).DefaultIfEmpty(0).Max();
        return gone.Where(h => h.EndedMs > before.ThroughMs && (seen.Contains(h.PodUid) || h.FromMs > 0 || reached < h.EndedMs)).Select(h => new PodLife(h.PodUid, BeginOf(h), h.EndedMs));

        // What it holds is counted from there on.
        long BeginOf(PodHolding holding) => seen[holding.PodUid].DefaultIfEmpty(holding.FromMs > 0 ? Math.Max(before.ThroughMs, holding.FromMs) : before.ThroughMs).Min();
    }

    // How far its samples lie from one another; a gap where that does not show.
    private static long StepOf(IEnumerable<long> points, long maxGapMs)
    {
        long[] ordered = [.. points.Distinct().Order()];
        return ordered.Zip(ordered.Skip(1), (one, next) => next - one).Where(ms => ms <= maxGapMs).DefaultIfEmpty(maxGapMs).Max();
    }

    // Of several links of a pod each shows that its bytes were looked at.
    private static ILookup<string, long> PointsOf(Meter meter, UsagePosition before, IEnumerable<UsageSeries> series) => before.Series
        .Where(p => p.Key.StartsWith(UsageSeries.KeyOf(p.PodUid, meter, ""), StringComparison.Ordinal)).Select(p => (p.PodUid, p.AtMs))
        .Concat(series.Where(s => s.Meter == meter).SelectMany(s => s.Samples.Where(x => x.IsUsable).Select(x => (s.PodUid, x.AtMs))))
        .ToLookup(p => p.PodUid, p => p.AtMs, StringComparer.Ordinal);
}
