using Federation.Domain.Usage;

namespace Federation.Metrics.Prometheus;

/// <summary>Rows to series: one per pod, meter and part, whatever labels changed on the way.</summary>
internal static class SeriesJoin
{
    // These change in a pod's life (the kubelet forgets a deleted pod's name before its cgroup goes); the rest says who scraped.
    private static readonly HashSet<string> Subject =
        ["__name__", "id", "namespace", "pod", "container", "image", "name", "interface", "cpu"];

    /// <param name="maxGapMs">Samples of one scraper that lie further apart leave room for another's.</param>
    public static IEnumerable<UsageSeries> Join(IEnumerable<(UsageSeries Series, RawSeries Row)> rows, long maxGapMs) =>
        from row in rows
        group row by row.Series.Key into same
        let scrapes = same.GroupBy(r => Scrape(r.Row)).Select(g => Ordered([.. g.Select(r => r.Series)])).OrderByDescending(s => s.Count).ThenBy(s => s[0].AtMs)
        select same.First().Series with { Samples = Chain([.. scrapes], isCounter: same.First().Series.Meter != Meter.Memory, maxGapMs) };

    private static string Scrape(RawSeries row) => string.Join('\n', row.Labels
        .Where(l => !Subject.Contains(l.Key))
        .OrderBy(l => l.Key, StringComparer.Ordinal)
        .Select(l => $"{l.Key}={l.Value}"));

    private static IReadOnlyList<UsageSample> Ordered(UsageSeries[] pieces) => pieces is [var whole] && whole.Samples.Ascend()
        ? whole.Samples
        : [.. pieces.SelectMany(p => p.Samples).GroupBy(s => s.AtMs).Select(g => g.MinBy(s => s.Value)).OrderBy(s => s.AtMs)];

    // Two jobs that scrape the same cgroup see its counter at different ages. Interleaved they would look like resets: so the one that
    // looked most often is followed, and others only where it did not look: before it begins, after it ends, and in its gaps.
    private static IReadOnlyList<UsageSample> Chain(IReadOnlyList<UsageSample>[] scrapes, bool isCounter, long maxGapMs) =>
        scrapes.Skip(1).Aggregate(scrapes[0], (joined, scrape) => SampleFill.Fill(joined, scrape, maxGapMs, isCounter));
}
