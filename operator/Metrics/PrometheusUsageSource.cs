using System.Runtime.CompilerServices;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics;

/// <summary>
/// Raw cAdvisor samples of a lease's pods from a Prometheus-compatible store. CPU and memory come from the rows of the pods'
/// own cgroups: those survive container restarts, hold what short-lived containers used, and never reset in a pod's life.
/// </summary>
public sealed class PrometheusUsageSource : IUsageSource
{
    // What a store that is slow is asked for at the least, and after how long for twice as much again.
    private const long ShortestMs = 60_000;
    private static readonly TimeSpan SlowFor = TimeSpan.FromMinutes(10);

    private readonly PrometheusClient client;
    private readonly PrometheusOptions options;
    private readonly OperatorMetrics? metrics;
    private readonly ILogger<PrometheusUsageSource> log;
    private readonly TimeProvider clock;
    private long longestMs;
    private long slowAt;

    /// <exception cref="ArgumentException">The options have faults.</exception>
    public PrometheusUsageSource(HttpClient http, PrometheusOptions options, TimeProvider clock, ILogger<PrometheusUsageSource> log, OperatorMetrics? metrics = null)
    {
        var faults = string.Join(' ', options.Faults());
        if (faults.Length > 0) throw new ArgumentException(faults, nameof(options));
        client = new PrometheusClient(http, options, clock);
        (this.options, this.clock) = (options, clock);
        longestMs = (long)options.Window.TotalMilliseconds;
        this.metrics = metrics;
        this.log = log;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UsageSeries>> ReadAsync(
        LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation)
    {
        if (podUids.FirstOrDefault(u => PodCgroup.Parse($"/pod{u}") is not { IsPod: true }) is { } odd)
            throw new ArgumentException($"'{odd}' is no pod UID.", nameof(podUids));
        try
        {
            var known = await DiscoverAsync(id.Namespace, fromMs, throughMs, cancellation);
            var uids = new SortedSet<string>(podUids.Concat(known.Keys), StringComparer.Ordinal);
            var rows = new List<(UsageSeries, RawSeries)>();
            foreach (var some in uids.GroupBy(known.ContainsKey).SelectMany(g => g.Chunk(options.PodsPerQuery)))
                foreach (var meter in Enum.GetValues<Meter>())
                    await foreach (var row in WindowsAsync(ms => Query(meter, some, known, ms), fromMs, throughMs, cancellation))
                        if (ToSeries(meter, row) is { } series && uids.Contains(series.PodUid)) rows.Add((series, row));
            return [.. SeriesJoin.Join(rows)];
        }
        catch (PrometheusException e)
        {
            throw new UsageUnavailableException(e.Message, e);
        }
    }

    /// <summary>UIDs of the lease's pods that the store has rows of.</summary>
    /// <exception cref="UsageUnavailableException">It cannot be read.</exception>
    internal async Task<IReadOnlyList<string>> PodsAsync(LeaseId id, long fromMs, long throughMs, CancellationToken cancellation)
    {
        try
        {
            return [.. (await DiscoverAsync(id.Namespace, fromMs, throughMs, cancellation)).Keys];
        }
        catch (PrometheusException e)
        {
            throw new UsageUnavailableException(e.Message, e);
        }
    }

    /// <returns>The pods' cgroups and those right below them, by UID.</returns>
    private async Task<Dictionary<string, SortedSet<string>>> DiscoverAsync(string ns, long fromMs, long throughMs, CancellationToken cancellation)
    {
        var known = new Dictionary<string, SortedSet<string>>();
        await foreach (var row in WindowsAsync(ms => PromQl.CgroupsOf(ns, ms, options.Matchers), fromMs, throughMs, cancellation))
        {
            var path = row.Label("id");
            if (PodCgroup.Parse(path, options.CgroupRoot) is not { } cgroup) continue;
            if (!known.TryGetValue(cgroup.PodUid, out var cgroups)) known[cgroup.PodUid] = cgroups = new SortedSet<string>(StringComparer.Ordinal);
            cgroups.Add(path);
            if (!cgroup.IsPod) cgroups.Add(path[..^(cgroup.Child.Length + 1)]);
        }

        return known;
    }

    // What the kubelet has named is asked for by its name; of the others, e.g. those whose names it has forgotten, the UID is known.
    private string Query(Meter meter, string[] uids, Dictionary<string, SortedSet<string>> known, long windowMs)
    {
        var isKnown = known.ContainsKey(uids[0]);
        if (meter == Meter.Egress)
            return PromQl.NetworkRows(isKnown ? PromQl.Exactly(uids.SelectMany(u => known[u])) : PromQl.AnywhereBelow(uids), windowMs, options.Matchers);
        var pods = isKnown ? PromQl.Exactly(uids.SelectMany(u => known[u]).Where(c => PodCgroup.Parse(c, options.CgroupRoot) is { IsPod: true })) : PromQl.Anywhere(uids);
        return PromQl.PodRows(meter == Meter.Cpu ? PromQl.Cpu : PromQl.Memory, pods, windowMs, options.Matchers);
    }

    // A sandbox made anew counts from zero: it is a series of its own, so that its start is not taken for a reset.
    private UsageSeries? ToSeries(Meter meter, RawSeries row)
    {
        if (PodCgroup.Parse(row.Label("id"), options.CgroupRoot) is not { } cgroup || row.Samples.Count == 0) return null;
        if (meter != Meter.Egress) return cgroup.IsPod && IsWhole(row) ? new UsageSeries(cgroup.PodUid, meter, "", row.Samples) : null;
        var link = row.Label("interface");
        if (link is "" or "lo") return null;
        return new UsageSeries(cgroup.PodUid, meter, cgroup.IsPod ? link : $"{link}@{cgroup.Child}", row.Samples);
    }

    // Some kubelets add a row per core beside the total.
    private static bool IsWhole(RawSeries row) => row.Label("cpu") is "" or "total";

    private async IAsyncEnumerable<RawSeries> WindowsAsync(
        Func<long, string> query, long fromMs, long throughMs, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var step = Interlocked.Read(ref longestMs);
        while (fromMs < throughMs)
        {
            step = Math.Min(step, throughMs - fromMs);
            QueryAnswer answer;
            try
            {
                answer = await AskAsync(query(step), fromMs + step, cancellation);
            }
            catch (PrometheusException e) when (e.IsTooLarge && step > 1000)
            {
                step /= 2;
                continue;
            }
            catch (PrometheusException e) when (e.IsTooSlow)
            {
                // One that hangs is not waited for again and again in one look: the next look asks for less.
                Limit(Math.Max(ShortestMs, step / 2));
                throw;
            }

            if (step == Interlocked.Read(ref longestMs) && clock.GetElapsedTime(Interlocked.Read(ref slowAt)) > SlowFor) Limit(step * 2);

            // Prometheus 2 closes the range at its start, Prometheus 3 does not: the window is cut here, alike for both.
            foreach (var row in answer.Series)
                yield return row with { Samples = [.. row.Samples.Where(s => s.AtMs > fromMs && s.AtMs <= fromMs + step)] };
            fromMs += step;
        }
    }

    private void Limit(long ms)
    {
        Interlocked.Exchange(ref longestMs, Math.Min((long)options.Window.TotalMilliseconds, ms));
        Interlocked.Exchange(ref slowAt, clock.GetTimestamp());
    }

    private async Task<QueryAnswer> AskAsync(string query, long atMs, CancellationToken cancellation)
    {
        var outcome = "error";
        try
        {
            var answer = await client.QueryAsync(query, atMs, cancellation);
            outcome = answer.Warnings.Count == 0 ? "ok" : "warning";
            if (answer.Warnings.Count == 0) return answer;
            var text = string.Join("; ", answer.Warnings);
            log.LogWarning("Prometheus calls its answer incomplete: {Warnings}", text);
            return options.AcceptWarnings ? answer : throw new PrometheusException($"Prometheus calls its answer incomplete: {text}");
        }
        finally
        {
            metrics?.PrometheusQueries.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }
}
