using System.Diagnostics.Metrics;
using Federation.Domain.Usage;
using Meter = System.Diagnostics.Metrics.Meter;

namespace Federation.Application.Metering;

/// <summary>What metering counts; names are Prometheus names already.</summary>
public sealed class UsageMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Metering");
    private readonly Counter<long> findings;

    public UsageMetrics() => findings = meter.CreateCounter<long>(
        "federation_usage_findings_total", null, "What metering found beside sums, by kind (gap, reset, outoforder, discarded).");

    public void Dispose() => meter.Dispose();

    internal void Found(UsageFinding finding) =>
        findings.Add(1, new KeyValuePair<string, object?>("kind", finding.Kind.ToString().ToLowerInvariant()));
}
