using System.Diagnostics.Metrics;
using Federation.Application.Ports;

namespace Federation.Application.Metering;

/// <summary>How many of the nodes' spools answer the operator that leads. One that stands by shows nothing, nor does one whose nodes do not spool.</summary>
public sealed class SpoolMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Spools");
    private volatile SpoolStanding? standing;

    public SpoolMetrics() => meter.CreateObservableGauge("federation_spools", Counted, null, "The nodes' spools, by state (answering, away).");

    internal Meter Meter => meter;

    public void Dispose() => meter.Dispose();

    internal void Seen(SpoolStanding now) => standing = now;

    /// <summary>Another one leads, and shows them.</summary>
    internal void Clear() => standing = null;

    // Both are there from the first look on: an alert that is over is one that asks for a 0, and not for nothing.
    private IEnumerable<Measurement<int>> Counted() => standing is { } known ? [Of("answering", known.Answering), Of("away", known.Away.Count)] : [];

    private static Measurement<int> Of(string state, int count) => new(count, new KeyValuePair<string, object?>("state", state));
}
