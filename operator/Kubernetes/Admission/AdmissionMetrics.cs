using System.Diagnostics.Metrics;

namespace Federation.Kubernetes.Admission;

/// <summary>Numbers of an admission server, on the meter <c>Federation.Kubernetes</c>. Names are Prometheus names already.</summary>
internal sealed class AdmissionMetrics : IDisposable
{
    private static readonly InstrumentAdvice<double> Bounds = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2] };

    private readonly Meter meter = new("Federation.Kubernetes");
    private readonly Counter<long> reviews;
    private readonly Histogram<double> duration;

    /// <param name="resources">Whose reviews are answered.</param>
    public AdmissionMetrics(IEnumerable<string> resources)
    {
        reviews = meter.CreateCounter<long>("kubernetes_admission_reviews_total", null, "Admission reviews, by resource and result (allowed, denied, malformed, too_large, timeout, error).");
        duration = meter.CreateHistogram("kubernetes_admission_review_seconds", "s", "Time of one admission review from its first byte, by resource.", tags: null, Bounds);
        // What is there from the beginning shows its first rise, and a burst between two scrapes as one.
        foreach (var resource in resources)
            foreach (var result in new[] { "timeout", "error" })
                reviews.Add(0, new("resource", resource), new("result", result));
    }

    public void Record(string resource, string result, TimeSpan elapsed)
    {
        reviews.Add(1, new("resource", resource), new("result", result));
        duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("resource", resource));
    }

    public void Dispose() => meter.Dispose();
}
