using Federation.Domain.Leases;

namespace Federation.Application.Reconciling;

/// <summary>Whether anybody watches the operator: of one whose series nobody has no alert ever fires, not even that it is away.</summary>
public static class ScrapeRules
{
    public const string Type = "MetricsScraped";

    /// <summary>A series without a sample for so long is gone for Prometheus, too.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    internal static LeaseCondition Judge(bool isScraped) => isScraped
        ? new LeaseCondition(Type, ConditionStatus.True, "Scraped", "The metrics of the operator that leads are read.")
        : new LeaseCondition(
            Type, ConditionStatus.False, "NobodyScrapes",
            $"For {Patience.TotalMinutes:0} minutes nobody has asked the operator that leads for /metrics, and no alert of it can fire: set metrics.serviceMonitor.enabled or metrics.podMonitor.enabled of the chart, with the labels that your Prometheus selects by, or write a scrape configuration for port 8080 of its pods; networkPolicy.metricsFrom lets it in.");
}
