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
    private readonly UsageBatches batches;
    private readonly PrometheusOptions options;
    private readonly OperatorMetrics? metrics;
    private readonly ILogger<PrometheusUsageSource> log;
    private readonly TimeProvider clock;
    private readonly long maxGapMs;
    private long longestMs;
    private long slowAt;

    /// <param name="maxGap">Samples of one scraper that lie further apart are filled with another's, where two look at the same pods. Null: after so long Prometheus calls a series stale.</param>
    /// <exception cref="ArgumentException">The options have faults.</exception>
    public PrometheusUsageSource(HttpClient http, PrometheusOptions options, TimeProvider clock, ILogger<PrometheusUsageSource> log, OperatorMetrics? metrics = null, TimeSpan? maxGap = null)
    {
        var faults = string.Join(' ', options.Faults());
        if (faults.Length > 0) throw new ArgumentException(faults, nameof(options));
        client = new PrometheusClient(http, options, clock);
        (this.options, this.clock) = (options, clock);
        maxGapMs = (long?)maxGap?.TotalMilliseconds ?? UsageFold.MostGapMs;
        longestMs = (long)options.Window.TotalMilliseconds;
        batches = new UsageBatches(options.LeasesPerQuery, Fits, ReadAsync, clock);
        this.metrics = metrics;
        this.log = log;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UsageSeries>> ReadAsync(
        LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation)
    {
        if (podUids.FirstOrDefault(u => PodCgroup.Parse($"/pod{u}") is not { IsPod: true }) is { } odd)
            throw new ArgumentException($"'{odd}' is no pod UID.", nameof(podUids));
        if (fromMs >= throughMs) return [];
        try
        {
            return await batches.ReadAsync(new UsageAsk(id, podUids, fromMs, throughMs), cancellation);
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
            return [.. (await DiscoverAsync([new UsageAsk(id, [], fromMs, throughMs)], cancellation))[0].Known.Keys];
        }
        catch (PrometheusException e)
        {
            throw new UsageUnavailableException(e.Message, e);
        }
    }

    // Together only what one query can hold, and at no more than twice the cost of what each needs. A lease's windows are told apart by
    // nothing but its namespace: there is one of it.
    private bool Fits(IReadOnlyList<UsageAsk> batch, UsageAsk ask)
    {
        var span = Math.Max(batch.Max(a => a.ThroughMs), ask.ThroughMs) - Math.Min(batch.Min(a => a.FromMs), ask.FromMs);
        var shortest = Math.Min(batch.Min(a => a.LengthMs), ask.LengthMs);
        return span <= 2 * shortest && span <= Interlocked.Read(ref longestMs) && batch.All(a => a.Id.Namespace != ask.Id.Namespace);
    }

    private async Task<IReadOnlyList<UsageSeries>[]> ReadAsync(IReadOnlyList<UsageAsk> asks, CancellationToken cancellation)
    {
        var scopes = await DiscoverAsync(asks, cancellation);
        var owners = scopes.SelectMany(s => s.Uids.Select(uid => (Uid: uid, Scope: s))).ToLookup(o => o.Uid, o => o.Scope, StringComparer.Ordinal);
        var pods = from owner in owners
                   orderby owner.Key
                   from named in owner.GroupBy(s => s.Known.ContainsKey(owner.Key))
                   select new Named(owner.Key, named.Key, [.. named.SelectMany(s => s.Known.TryGetValue(owner.Key, out var cgroups) ? cgroups : []).Distinct(StringComparer.Ordinal)]);
        foreach (var some in pods.ToArray().GroupBy(p => p.IsKnown).SelectMany(g => g.Chunk(options.PodsPerQuery)))
            foreach (var meter in Enum.GetValues<Meter>())
                await foreach (var row in WindowsAsync(asks, (from, through) => Query(meter, some, through - from), cancellation))
                    if (ToSeries(meter, row) is { } series)
                        foreach (var scope in owners[series.PodUid]) scope.Take(series, row);
        return [.. scopes.Select(s => s.Join())];
    }

    private async Task<UsageScope[]> DiscoverAsync(IReadOnlyList<UsageAsk> asks, CancellationToken cancellation)
    {
        UsageScope[] scopes = [.. asks.Select(a => new UsageScope(a, maxGapMs))];
        var byNamespace = scopes.ToDictionary(s => s.Ask.Id.Namespace, StringComparer.Ordinal);
        await foreach (var row in WindowsAsync(asks, (from, through) => PromQl.CgroupsOf([.. Times(asks, from, through)], options.Matchers), cancellation))
        {
            var path = row.Label("id");
            if (PodCgroup.Parse(path, options.CgroupRoot) is not { } cgroup) continue;
            if (asks.Count == 1) scopes[0].Know(path, cgroup);
            else if (byNamespace.TryGetValue(row.Label("namespace"), out var scope)) scope.Know(path, cgroup);
        }

        return scopes;
    }

    // Each in its own time, as far as that is in this query's: what was there before or after is not the lease's.
    private static IEnumerable<NamespaceTime> Times(IEnumerable<UsageAsk> asks, long fromMs, long throughMs) =>
        from ask in asks
        let end = Math.Min(ask.ThroughMs, throughMs)
        let range = end - Math.Max(ask.FromMs, fromMs)
        where range > 0
        select new NamespaceTime(ask.Id.Namespace, range, throughMs - end);

    // What the kubelet has named is asked for by its name; of the others, e.g. those whose names it has forgotten, the UID is known.
    private string Query(Meter meter, Named[] pods, long windowMs)
    {
        var isKnown = pods[0].IsKnown;
        var uids = pods.Select(p => p.Uid);
        if (meter == Meter.Egress)
            return PromQl.NetworkRows(isKnown ? PromQl.Exactly(pods.SelectMany(p => p.Cgroups)) : PromQl.AnywhereBelow(uids), windowMs, options.Matchers);
        var own = isKnown ? PromQl.Exactly(pods.SelectMany(p => p.Cgroups).Where(c => PodCgroup.Parse(c, options.CgroupRoot) is { IsPod: true })) : PromQl.Anywhere(uids);
        return PromQl.PodRows(meter == Meter.Cpu ? PromQl.Cpu : PromQl.Memory, own, windowMs, options.Matchers);
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
        IReadOnlyList<UsageAsk> asks, Func<long, long, string> query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (fromMs, throughMs) = (asks.Min(a => a.FromMs), asks.Max(a => a.ThroughMs));
        var step = Interlocked.Read(ref longestMs);
        while (fromMs < throughMs)
        {
            step = Math.Min(step, throughMs - fromMs);
            QueryAnswer answer;
            try
            {
                answer = await AskAsync(query(fromMs, fromMs + step), fromMs + step, cancellation);
            }
            // Of many leases fewer are asked for first.
            catch (PrometheusException e) when (e.IsTooLarge && step > 1000 && asks.Count == 1)
            {
                step /= 2;
                continue;
            }
            catch (PrometheusException e) when (e.IsTooSlow && asks.Count == 1)
            {
                // One that hangs is not waited for again and again in one look: the next look asks for less.
                Limit(Math.Max(ShortestMs, step / 2));
                throw;
            }

            if (step == Interlocked.Read(ref longestMs) && clock.GetElapsedTime(Interlocked.Read(ref slowAt)) > SlowFor) Limit(step * 2);

            // Prometheus 2 closes the range at its start, Prometheus 3 does not: the window is cut here, alike for both.
            foreach (var row in answer.Series)
                yield return row with { Samples = row.Samples.Within(fromMs, fromMs + step) };
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

    /// <param name="Cgroups">Those that it is asked for by, where the kubelet has named them.</param>
    private sealed record Named(string Uid, bool IsKnown, string[] Cgroups);
}
