using System.Diagnostics.Metrics;
using System.Globalization;
using Federation.Application.Reconciling;

namespace Federation.Application.Metering;

/// <summary>Whether what proves usage is kept; names are Prometheus names already.</summary>
public sealed class EvidenceMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Evidence");
    private readonly Counter<long> lost;
    private volatile Func<int>? owed;

    public EvidenceMetrics(OperatorHealth health)
    {
        meter.CreateObservableGauge("federation_evidence_problem", () => health.EvidenceProblem is null ? 0 : 1, null, "1 while evidence of metering cannot be kept, and no new leases are taken for it.");
        // Each process has a series of its own: one that takes its place, at the same address, must not hide that what it owed is gone.
        var started = new KeyValuePair<string, object?>("started", health.OwnClock.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        meter.CreateObservableGauge("federation_evidence_owed_windows", () => new Measurement<int>(owed?.Invoke() ?? 0, started), null, "Closed windows whose evidence is in this process' memory alone, by started (Unix time of its begin): it is lost when the process ends before it can be written.");
        lost = meter.CreateCounter<long>("federation_evidence_lost_windows_total", null, "Closed windows whose evidence is lost: what was used is paid, and a dispute of it cannot be answered.");
        // A counter that is there from the beginning shows its first rise.
        lost.Add(0);
    }

    public void Dispose() => meter.Dispose();

    internal void Owes(Func<int> count) => owed = count;

    internal void Lost(int windows) => lost.Add(windows);
}
