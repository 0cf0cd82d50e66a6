using System.Diagnostics.Metrics;

namespace Federation.Metrics;

/// <summary>
/// The operator's own instruments. Names are Prometheus names already: base units, <c>_total</c> for counters, so that what
/// stands here is what is queried. Labels are named in each description; none carries a lease id or an address.
/// </summary>
public sealed class OperatorMetrics : IDisposable
{
    public const string MeterName = "Federation";

    private static readonly double[] Fast = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] Slow = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
    private readonly Meter meter = new(MeterName);

    public OperatorMetrics()
    {
        LoopPasses = meter.CreateCounter<long>("federation_loop_passes_total", null, "Passes of a loop, by loop and outcome (ok, retry, error).");
        LoopPassSeconds = Histogram("federation_loop_pass_seconds", "Duration of a pass, by loop.", Fast);
        LeaseStartSeconds = Histogram("federation_lease_start_seconds", "From the lease seen on chain to its workload ready.", Slow);
        UsageFindings = meter.CreateCounter<long>("federation_usage_findings_total", null, "What metering found beside sums, by kind (gap, reset, discarded).");
        PrometheusQueries = meter.CreateCounter<long>("federation_prometheus_queries_total", null, "Queries for raw samples, by outcome (ok, warning, error).");
        Quotes = meter.CreateCounter<long>("federation_quotes_total", null, "Quote requests, by outcome (offered, refused, invalid, limited).");
        ClusterWrites = meter.CreateCounter<long>("federation_cluster_writes_total", null, "Writes to the API server, by kind and verb.");
    }

    public Counter<long> LoopPasses { get; }

    public Histogram<double> LoopPassSeconds { get; }

    public Histogram<double> LeaseStartSeconds { get; }

    public Counter<long> UsageFindings { get; }

    public Counter<long> PrometheusQueries { get; }

    public Counter<long> Quotes { get; }

    public Counter<long> ClusterWrites { get; }

    /// <summary>Leases by phase, read at each scrape.</summary>
    public void ObserveLeases(Func<IEnumerable<KeyValuePair<string, long>>> byPhase) =>
        meter.CreateObservableGauge(
            "federation_leases",
            () => byPhase().Select(p => new Measurement<long>(p.Value, new KeyValuePair<string, object?>("phase", p.Key))),
            null,
            "Leases of this datacenter, by phase.");

    /// <summary>Share of the live leases' pod time that metering has seen, 0 to 1, read at each scrape.</summary>
    public void ObserveCoverage(Func<double> coverage) =>
        meter.CreateObservableGauge("federation_usage_coverage_ratio", coverage, null, "Share of the live leases' pod time that was measured.");

    public void Dispose() => meter.Dispose();

    private Histogram<double> Histogram(string name, string description, double[] bounds) =>
        meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
