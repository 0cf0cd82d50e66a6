using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics;

/// <summary>What is asked of one lease: its pods' samples with a time in (from, through].</summary>
internal sealed record UsageAsk(LeaseId Id, IReadOnlyCollection<string> PodUids, long FromMs, long ThroughMs)
{
    public long LengthMs => ThroughMs - FromMs;
}

/// <summary>
/// Which rows of an answer are one lease's, whoever else was asked for with it: those that it would have got alone. By the pods that the
/// kubelet reported for its namespace in its own time, and by those that the API server knows.
/// </summary>
/// <param name="maxGapMs">Samples of one scraper that lie further apart leave room for another's.</param>
internal sealed class UsageScope(UsageAsk ask, long maxGapMs)
{
    private readonly Dictionary<string, SortedSet<string>> known = new(StringComparer.Ordinal);
    private readonly List<(UsageSeries, RawSeries)> rows = [];

    public UsageAsk Ask => ask;

    /// <summary>The pods' cgroups and those right below them that the store has rows of, by UID.</summary>
    public IReadOnlyDictionary<string, SortedSet<string>> Known => known;

    public IEnumerable<string> Uids => known.Keys.Union(ask.PodUids, StringComparer.Ordinal);

    public void Know(string path, PodCgroup cgroup)
    {
        if (!known.TryGetValue(cgroup.PodUid, out var cgroups)) known[cgroup.PodUid] = cgroups = new SortedSet<string>(StringComparer.Ordinal);
        cgroups.Add(path);
        if (!cgroup.IsPod) cgroups.Add(path[..^(cgroup.Child.Length + 1)]);
    }

    /// <summary>Takes it if it is the lease's, as far as it is of the lease's time.</summary>
    public void Take(UsageSeries series, RawSeries row)
    {
        if (known.TryGetValue(series.PodUid, out var cgroups) && !cgroups.Contains(row.Label("id"))) return;
        var own = series.Samples.Within(ask.FromMs, ask.ThroughMs);
        if (own.Count > 0) rows.Add((series with { Samples = own }, row));
    }

    public IReadOnlyList<UsageSeries> Join() => [.. SeriesJoin.Join(rows, maxGapMs)];
}
