using System.Diagnostics.Metrics;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;

namespace Federation.Kubernetes.Controllers;

/// <summary>Numbers of one controller, on the meter <c>Federation.Kubernetes</c>.</summary>
internal sealed class ControllerMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Kubernetes");
    private readonly KeyValuePair<string, object?> tag;
    private readonly Histogram<double> duration;
    private readonly Counter<long> failures;

    public ControllerMetrics(string controller, WorkQueue<ObjectKey> queue)
    {
        tag = new("controller", controller);
        duration = meter.CreateHistogram<double>("kubernetes.controller.reconcile.duration", "s", "Time of one reconciliation");
        failures = meter.CreateCounter<long>("kubernetes.controller.reconcile.failures", null, "Reconciliations that failed");
        meter.CreateObservableGauge("kubernetes.controller.queue.depth", () => new Measurement<int>(queue.Depth, tag), null, "Keys that wait for a worker");
        meter.CreateObservableGauge("kubernetes.controller.queue.delayed", () => new Measurement<int>(queue.Delayed, tag), null, "Keys that wait for their time");
    }

    public void Record(TimeSpan elapsed, bool success)
    {
        duration.Record(elapsed.TotalSeconds, tag);
        if (!success)
        {
            failures.Add(1, tag);
        }
    }

    public void Dispose() => meter.Dispose();
}
