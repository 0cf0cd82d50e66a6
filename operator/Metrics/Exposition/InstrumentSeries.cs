using System.Diagnostics.Metrics;

namespace Federation.Metrics.Exposition;

/// <summary>What an instrument is in the text format.</summary>
internal enum InstrumentKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>All series of one instrument, by label set. Thread-safe.</summary>
internal sealed class InstrumentSeries(Instrument instrument, int maxSeries)
{
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly Dictionary<string, Cell> cells = [];
    private readonly Lock gate = new();
    private readonly bool adds = IsGeneric(instrument, typeof(Counter<>)) || IsGeneric(instrument, typeof(UpDownCounter<>));
    private readonly double[] bounds =
        (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? DefaultBounds;

    public Instrument Instrument { get; } = instrument;

    public InstrumentKind Kind { get; } =
        IsGeneric(instrument, typeof(Histogram<>)) ? InstrumentKind.Histogram
        : IsGeneric(instrument, typeof(Counter<>)) || IsGeneric(instrument, typeof(ObservableCounter<>)) ? InstrumentKind.Counter
        : InstrumentKind.Gauge;

    /// <summary>Measurements refused because there were too many label sets already.</summary>
    public long Dropped { get; private set; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelText.Write(tags);
        lock (gate)
        {
            if (!cells.TryGetValue(labels, out var cell))
            {
                if (cells.Count >= maxSeries)
                {
                    Dropped++;
                    return;
                }

                cells[labels] = cell = new Cell(Kind == InstrumentKind.Histogram ? new long[bounds.Length] : []);
            }

            if (Kind == InstrumentKind.Histogram) cell.Observe(value, bounds);
            else cell.Sum = adds ? cell.Sum + value : value;
        }
    }

    /// <summary>Observables state all that there is at each scrape: what is not stated again is gone.</summary>
    public void ForgetObserved()
    {
        lock (gate)
            if (Instrument.IsObservable) cells.Clear();
    }

    public void Write(ExpositionWriter writer)
    {
        lock (gate)
        {
            if (cells.Count == 0) return;
            writer.Head(Instrument.Name, Instrument.Description ?? Instrument.Name, Kind);
            foreach (var (labels, cell) in cells.OrderBy(c => c.Key, StringComparer.Ordinal))
                if (Kind == InstrumentKind.Histogram) writer.Histogram(Instrument.Name, labels, bounds, cell.Buckets, cell.Count, cell.Sum);
                else writer.Sample(Instrument.Name, labels, cell.Sum);
        }
    }

    private static bool IsGeneric(Instrument instrument, Type open) =>
        instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == open;

    private sealed class Cell(long[] buckets)
    {
        public double Sum { get; set; }

        public long Count { get; private set; }

        /// <summary>Not cumulative; what is above the last bound is in <see cref="Count"/> alone.</summary>
        public long[] Buckets { get; } = buckets;

        public void Observe(double value, double[] bounds)
        {
            Count++;
            Sum += value;
            var at = Array.FindIndex(bounds, b => value <= b);
            if (at >= 0) Buckets[at]++;
        }
    }
}
