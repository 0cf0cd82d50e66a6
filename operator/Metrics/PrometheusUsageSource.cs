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
    private readonly PrometheusClient client;
    private readonly PrometheusOptions options;
    private readonly OperatorMetrics? metrics;
    private readonly ILogger<PrometheusUsageSource> log;

    /// <exception cref="ArgumentException">The options have faults.</exception>
    public PrometheusUsageSource(HttpClient http, PrometheusOptions options, TimeProvider clock, ILogger<PrometheusUsageSource> log, OperatorMetrics? metrics = null)
    {
        var faults = string.Join(' ', options.Faults());
        if (faults.Length > 0) throw new ArgumentException(faults, nameof(options));
        client = new PrometheusClient(http, options, clock);
        this.options = options;
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
            var uids = new SortedSet<string>(podUids, StringComparer.Ordinal);
            await DiscoverAsync(id.Namespace, uids, fromMs, throughMs, cancellation);
            var rows = new List<(UsageSeries, RawSeries)>();
            foreach (var some in uids.Chunk(options.PodsPerQuery))
                foreach (var meter in Enum.GetValues<Meter>())
                    await foreach (var row in WindowsAsync(ms => Query(meter, some, ms), fromMs, throughMs, cancellation))
                        if (ToSeries(meter, row) is { } series && uids.Contains(series.PodUid)) rows.Add((series, row));
            return [.. SeriesJoin.Join(rows)];
        }
        catch (PrometheusException e)
        {
            throw new UsageUnavailableException(e.Message, e);
        }
    }

    private async Task DiscoverAsync(string ns, SortedSet<string> uids, long fromMs, long throughMs, CancellationToken cancellation)
    {
        await foreach (var row in WindowsAsync(ms => PromQl.CgroupsOf(ns, ms, options.Matchers), fromMs, throughMs, cancellation))
            if (PodCgroup.Parse(row.Label("id"), options.CgroupRoot) is { } cgroup) uids.Add(cgroup.PodUid);
    }

    private string Query(Meter meter, string[] uids, long windowMs) => meter switch
    {
        Meter.Cpu => PromQl.PodRows(PromQl.Cpu, uids, windowMs, options.Matchers),
        Meter.Memory => PromQl.PodRows(PromQl.Memory, uids, windowMs, options.Matchers),
        _ => PromQl.NetworkRows(uids, windowMs, options.Matchers),
    };

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
        var step = (long)options.Window.TotalMilliseconds;
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

            // Prometheus 2 closes the range at its start, Prometheus 3 does not: the window is cut here, alike for both.
            foreach (var row in answer.Series)
                yield return row with { Samples = [.. row.Samples.Where(s => s.AtMs > fromMs && s.AtMs <= fromMs + step)] };
            fromMs += step;
        }
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
