using System.Diagnostics.Metrics;

namespace Federation.Metrics;

/// <summary>
/// This room's instruments; the other rooms have their own. Names are Prometheus names already: base units, <c>_total</c> for
/// counters, so that what stands here is what is queried. Labels are named in each description; none carries a lease id or an address.
/// </summary>
public sealed class OperatorMetrics : IDisposable
{
    public const string MeterName = "Federation";

    private readonly Meter meter = new(MeterName);

    public OperatorMetrics() => PrometheusQueries = meter.CreateCounter<long>(
        "federation_prometheus_queries_total", null, "Queries for raw samples, by outcome (ok, warning, error).");

    public Counter<long> PrometheusQueries { get; }

    public void Dispose() => meter.Dispose();
}
