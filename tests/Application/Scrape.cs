using System.Diagnostics.Metrics;

namespace Federation.Application.Tests;

/// <summary>Collects one object's instruments, as the exporter does; other tests have others of the same names.</summary>
internal sealed class Scrape : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Dictionary<string, double> counters = [], observed = [];

    public Scrape(Meter meter)
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument.Meter, meter)) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Take(i, value, tags));
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Take(i, value, tags));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Take(i, value, tags));
        listener.Start();
    }

    public double Now(string series)
    {
        Observe();
        return observed.GetValueOrDefault(series);
    }

    public int Count(string name)
    {
        Observe();
        return observed.Keys.Count(k => k.Split('{')[0] == name);
    }

    public double Counted(string series) => counters.GetValueOrDefault(series);

    public double Sum(string name) => counters.Where(c => c.Key.Split('{')[0] == name).Sum(c => c.Value);

    public void Dispose() => listener.Dispose();

    private void Observe()
    {
        observed.Clear();
        listener.RecordObservableInstruments();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(t => t.Value));
        var series = labels.Length > 0 || tags.Length > 0 ? $"{instrument.Name}{{{labels}}}" : instrument.Name;
        if (instrument.IsObservable) observed[series] = value;
        else counters[series] = counters.GetValueOrDefault(series) + value;
    }
}
