using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace Federation.Metrics.Exposition;

/// <summary>
/// Collects the instruments of the named meters and writes them in Prometheus' text format. Label sets per instrument are
/// bounded; what goes beyond is counted in <c>federation_metrics_dropped_total</c>.
/// </summary>
public sealed partial class PrometheusExporter : IDisposable
{
    private readonly ConcurrentDictionary<Instrument, InstrumentSeries> instruments = [];
    private readonly MeterListener listener = new();
    private readonly Lock scrape = new();

    /// <param name="meters">Meters to export; each stands for those below it too: <c>Federation</c> for <c>Federation.Chain</c>.</param>
    /// <param name="maxSeriesPerInstrument">Label sets that one instrument may have.</param>
    public PrometheusExporter(IReadOnlyCollection<string> meters, int maxSeriesPerInstrument = 500)
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (!meters.Any(m => IsOrBelow(instrument.Meter.Name, m))) return;
            // One line that is not of the format costs the whole page, and with it every alert.
            if (!MetricName().IsMatch(instrument.Name)) throw new ArgumentException($"'{instrument.Name}' is no name of a metric for Prometheus: letters, digits and underscores.");
            l.EnableMeasurementEvents(instrument, instruments.GetOrAdd(instrument, i => new InstrumentSeries(i, maxSeriesPerInstrument)));
        };
        listener.MeasurementsCompleted = (instrument, _) => instruments.TryRemove(instrument, out var _);
        Listen<byte>(v => v);
        Listen<short>(v => v);
        Listen<int>(v => v);
        Listen<long>(v => v);
        Listen<float>(v => v);
        Listen<double>(v => v);
        Listen<decimal>(v => (double)v);
        listener.Start();
    }

    /// <summary>Content type of <see cref="Scrape"/>.</summary>
    public static string ContentType => ExpositionWriter.ContentType;

    /// <summary>Everything as of now, observables asked anew.</summary>
    public string Scrape()
    {
        lock (scrape)
        {
            foreach (var one in instruments.Values) one.ForgetObserved();
            listener.RecordObservableInstruments();
            var writer = new ExpositionWriter();
            foreach (var one in instruments.Values.OrderBy(i => i.Instrument.Name, StringComparer.Ordinal)) one.Write(writer);
            writer.Head("federation_metrics_dropped_total", "Measurements dropped because an instrument had too many label sets.", InstrumentKind.Counter);
            writer.Sample("federation_metrics_dropped_total", "", instruments.Values.Sum(i => i.Dropped));
            return writer.ToString();
        }
    }

    public void Dispose() => listener.Dispose();

    private static bool IsOrBelow(string name, string meter) => name == meter || name.StartsWith(meter + ".", StringComparison.Ordinal);

    // As https://prometheus.io/docs/concepts/data_model has it; colons are for recording rules.
    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$")]
    private static partial Regex MetricName();

    private void Listen<T>(Func<T, double> number) where T : struct =>
        listener.SetMeasurementEventCallback<T>((_, value, tags, state) => ((InstrumentSeries)state!).Record(number(value), tags));
}
