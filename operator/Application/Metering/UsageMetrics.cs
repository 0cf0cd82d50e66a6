using System.Diagnostics.Metrics;
using Federation.Domain.Usage;
using Meter = System.Diagnostics.Metrics.Meter;

namespace Federation.Application.Metering;

/// <summary>What metering counts; names are Prometheus names already.</summary>
public sealed class UsageMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Metering");
    private readonly Counter<long> findings;
    private readonly Histogram<double> coverage;

    public UsageMetrics()
    {
        coverage = meter.CreateHistogram(
            "federation_window_coverage_ratio", null, "Measured share of the pods' time in each window that was closed with pods in it.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1] });
        findings = meter.CreateCounter<long>(
            "federation_usage_findings_total", null, "What metering found beside sums, by kind (gap, reset, outoforder, discarded).");
    }

    public void Dispose() => meter.Dispose();

    internal void Closed(WindowSight window)
    {
        if (window.LifeMs > 0) coverage.Record(window.Coverage);
    }

    internal void Found(UsageFinding finding) =>
        findings.Add(1, new KeyValuePair<string, object?>("kind", finding.Kind.ToString().ToLowerInvariant()));
}
