using System.Globalization;
using System.Text.Json;
using Federation.Domain.Usage;

namespace Federation.Metrics.Prometheus;

/// <summary>Reads the JSON of <c>/api/v1/query</c>: matrix and vector results, errors, warnings.</summary>
internal static class QueryJson
{
    // data.result[].values[][]: four levels below the root; nothing that we read is deeper.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 12 };

    // A proxy's, in front of the store.
    private const int GatewayTimeout = 504;

    /// <exception cref="PrometheusException">Not the API's JSON, or an error that it states.</exception>
    public static QueryAnswer Parse(ReadOnlyMemory<byte> body, int httpStatus)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Options);
            var root = document.RootElement;
            if (root.GetProperty("status").GetString() != "success") throw Stated(root, httpStatus);
            var data = root.GetProperty("data");
            var series = data.GetProperty("resultType").GetString() switch
            {
                "matrix" => ReadSeries(data, "values", many: true),
                "vector" => ReadSeries(data, "value", many: false),
                var other => throw new PrometheusException($"Prometheus answered with a result of type '{other}', where a matrix or a vector was due."),
            };
            return new QueryAnswer(series, ReadWarnings(root));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new PrometheusException($"Prometheus answered {httpStatus} with something that is not its query API's JSON: {e.Message}", isTooSlow: httpStatus == GatewayTimeout, inner: e);
        }
    }

    private static PrometheusException Stated(JsonElement root, int httpStatus)
    {
        var type = root.TryGetProperty("errorType", out var t) ? t.GetString() : "unknown";
        var text = root.TryGetProperty("error", out var e) ? e.GetString() ?? "" : "no reason given";
        return new PrometheusException(
            $"Prometheus refused the query ({httpStatus}, {type}): {text}",
            isTooLarge: text.Contains("too many samples", StringComparison.OrdinalIgnoreCase),
            isTooSlow: type == "timeout");
    }

    private static RawSeries[] ReadSeries(JsonElement data, string property, bool many) =>
        [.. data.GetProperty("result").EnumerateArray().Select(one => new RawSeries(
            one.GetProperty("metric").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString() ?? ""),
            Samples(one, property, many)))];

    // A series of native histograms has no plain values: it is none of ours, and empty here.
    private static UsageSample[] Samples(JsonElement one, string property, bool many)
    {
        if (!one.TryGetProperty(property, out var value)) return [];
        return many ? [.. value.EnumerateArray().Select(Sample)] : [Sample(value)];
    }

    private static UsageSample Sample(JsonElement pair)
    {
        if (pair.GetArrayLength() != 2) throw new FormatException("a sample is a pair of time and value");
        return new UsageSample(
            checked((long)Math.Round(pair[0].GetDecimal() * 1000)),
            Value(pair[1].GetString() ?? throw new FormatException("a sample without a value")));
    }

    private static double Value(string text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static string[] ReadWarnings(JsonElement root) =>
        root.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array
            ? [.. warnings.EnumerateArray().Select(w => w.GetString() ?? "")]
            : [];
}
