using System.Diagnostics.Metrics;

namespace Federation.Gateway.Access;

/// <summary>What tenants ask of the cluster, in numbers.</summary>
internal sealed class AccessMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Gateway");
    private int open;

    public AccessMetrics()
    {
        Requests = meter.CreateCounter<long>("federation_access_requests_total", null, "Tenants' requests to the cluster, by status (2xx to 5xx, its class).");
        meter.CreateObservableGauge("federation_access_streams", () => Volatile.Read(ref open), null, "Tenants' exec, port-forward, logs and watches that are open.");
    }

    private Counter<long> Requests { get; }

    public void Count(int status) => Requests.Add(1, new KeyValuePair<string, object?>("status", $"{status / 100}xx"));

    public void Stream(int change) => Interlocked.Add(ref open, change);

    public void Dispose() => meter.Dispose();
}
