using System.Globalization;
using System.Text;

namespace Federation.Metrics.Exposition;

/// <summary>Prometheus text format 0.0.4.</summary>
internal sealed class ExpositionWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder text = new();

    public void Head(string name, string help, InstrumentKind kind)
    {
        text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(kind.ToString().ToLowerInvariant()).Append('\n');
    }

    public void Sample(string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    public void Histogram(string name, string labels, double[] bounds, long[] buckets, long count, double sum)
    {
        var prefix = labels.Length == 0 ? "" : labels + ",";
        long below = 0;
        for (var i = 0; i < bounds.Length; i++)
            Sample($"{name}_bucket", $"{prefix}le=\"{Number(bounds[i])}\"", below += buckets[i]);
        Sample($"{name}_bucket", $"{prefix}le=\"+Inf\"", count);
        Sample($"{name}_sum", labels, sum);
        Sample($"{name}_count", labels, count);
    }

    public override string ToString() => text.ToString();

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
