namespace Federation.Metrics.Prometheus;

/// <summary>Whether the store has what metering reads: each of its series, from the kubelets, and often enough.</summary>
public sealed class StoreCheck(PrometheusOptions options, TimeProvider clock)
{
    private const string Kubelets = "Scrape the kubelets' /metrics/cadvisor, and name in Prometheus:Matchers the labels that those series carry";

    /// <param name="maxGap">Samples further apart leave a gap that is not billed.</param>
    /// <returns>Of each series what was found, and what mends it; the latter is null when all is well.</returns>
    /// <exception cref="PrometheusException">The store gives no usable answer.</exception>
    public async Task<IReadOnlyList<(string Found, string? Fix)>> LookAsync(TimeSpan maxGap, CancellationToken cancellation)
    {
        using var http = new HttpClient(StoreTls.Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
        var client = new PrometheusClient(http, options, clock);
        var found = new List<(string, string?)>();
        foreach (var series in new[] { PromQl.Cpu, PromQl.Memory, PromQl.Egress })
        {
            var count = await NumberAsync(client, PromQl.CountOf(series, options.Matchers), cancellation);
            found.Add((count > 0 ? $"{count} of {series}" : $"there is no {series} with these labels", count > 0 ? null : Kubelets));
        }

        var samples = await NumberAsync(client, PromQl.MostSamplesOf(PromQl.Cpu, (long)maxGap.TotalMilliseconds, options.Matchers), cancellation);
        if (found[0].Item2 is null) found.Add(($"{samples} samples within Times:MaxGap ({maxGap})", samples >= 2 ? null : "Scrape at least twice in that time, or raise Times:MaxGap"));
        return found;
    }

    /// <returns>Whose cgroups the store has now; null when it gives no usable answer.</returns>
    public async Task<IReadOnlyList<ScrapedKubelet>?> KubeletsAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient(StoreTls.Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var answer = await new PrometheusClient(http, options, clock).QueryAsync(PromQl.KubeletsOf(PromQl.Cpu, options.Matchers), clock.GetUtcNow().ToUnixTimeMilliseconds(), cancellation);
            return [.. answer.Series.Select(s => new ScrapedKubelet(s.Label("node"), s.Label("instance")))];
        }
        catch (PrometheusException)
        {
            return null;
        }
    }

    private async Task<long> NumberAsync(PrometheusClient client, string query, CancellationToken cancellation) =>
        (await client.QueryAsync(query, clock.GetUtcNow().ToUnixTimeMilliseconds(), cancellation)).Series.SelectMany(s => s.Samples).Select(s => (long)s.Value).FirstOrDefault();
}
