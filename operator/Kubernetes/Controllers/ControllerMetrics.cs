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
        duration = meter.CreateHistogram<double>("kubernetes_controller_reconcile_seconds", "s", "Time of one reconciliation, by controller.");
        failures = meter.CreateCounter<long>("kubernetes_controller_reconcile_failures_total", null, "Reconciliations that failed, by controller.");
        meter.CreateObservableGauge("kubernetes_controller_queue_keys", () => new Measurement<int>(queue.Depth, tag), null, "Keys that wait for a worker, by controller.");
        meter.CreateObservableGauge("kubernetes_controller_delayed_keys", () => new Measurement<int>(queue.Delayed, tag), null, "Keys that wait for their time, by controller.");
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
