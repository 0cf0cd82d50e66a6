using Federation.Domain.Usage;

namespace Federation.Metrics.Spool;

/// <summary>What the nodes' spools have and the store lacks.</summary>
internal static class SpoolJoin
{
    // What a spool has.
    private static readonly Meter[] Kept = [Meter.Cpu, Meter.Memory];

    /// <summary>From when on the store's samples leave something for the spools to say, of whichever meter.</summary>
    /// <param name="podUids">Of all pods that may have samples in the time.</param>
    public static long LacksFrom(IReadOnlyCollection<UsageSeries> read, IEnumerable<string> podUids, long fromMs, long throughMs, long maxGapMs)
    {
        var times = read.Where(s => Kept.Contains(s.Meter)).ToDictionary(s => (s.PodUid, s.Meter), s => s.Samples.Select(x => x.AtMs).ToArray());
        var series = podUids.Concat(times.Keys.Select(k => k.PodUid)).Distinct(StringComparer.Ordinal).SelectMany(uid => Kept.Select(meter => (uid, meter)));
        return series.Select(s => times.TryGetValue(s, out var seen) ? LacksFrom(seen, fromMs, maxGapMs) : fromMs).Append(throughMs).Min();
    }

    /// <summary>
    /// The store's samples, and the spools' before the first of a series, after the last, and where they lie further apart than a gap. They
    /// are of the same counters, so one may follow the other.
    /// </summary>
    public static IReadOnlyList<UsageSeries> Fill(IReadOnlyCollection<UsageSeries> read, IEnumerable<UsageSeries> spooled, long maxGapMs)
    {
        var more = spooled.GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.First() with { Samples = [.. g.SelectMany(s => s.Samples).OrderBy(s => s.AtMs)] });
        return
        [
            .. read.Select(s => more.Remove(s.Key, out var one) ? s with { Samples = SampleFill.Fill(s.Samples, one.Samples, maxGapMs) } : s),
            .. more.Values,
        ];
    }

    private static long LacksFrom(long[] seen, long fromMs, long maxGapMs)
    {
        var last = fromMs;
        foreach (var at in seen)
        {
            if (at - last > maxGapMs) return last;
            last = at;
        }

        return last;
    }
}
