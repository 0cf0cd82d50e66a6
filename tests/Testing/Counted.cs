using System.Diagnostics.Metrics;

namespace Federation.Testing;

/// <summary>What was counted under a meter since: by instrument and label values.</summary>
public sealed class Counted : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Dictionary<string, long> counts = [];

    public Counted(string meter)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == meter) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var key = string.Join(' ', [instrument.Name, .. tags.ToArray().Select(t => t.Value)]);
            lock (counts) counts[key] = counts.GetValueOrDefault(key) + value;
        });
        // What is observed is a state, not an addition.
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) =>
        {
            lock (counts) counts[instrument.Name] = value;
        });
        listener.Start();
    }

    /// <param name="key">Name and label values, a space between each.</param>
    public long this[string key]
    {
        get
        {
            listener.RecordObservableInstruments();
            lock (counts) return counts.GetValueOrDefault(key);
        }
    }

    public void Dispose() => listener.Dispose();
}
