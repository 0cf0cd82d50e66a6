using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Federation.Domain.Usage;

namespace Federation.Metrics.Prometheus;

/// <summary>Reads the JSON of <c>/api/v1/query</c>: matrix and vector results, errors, warnings. In one pass: an hour of many leases is no tree in memory.</summary>
internal static class QueryJson
{
    // data.result[].values[][]: four levels below the root; nothing that we read is deeper.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 12 };

    // A thousand times as much is far from where a long ends.
    private const long MostMs = 100_000_000_000_000;

    // A proxy's, in front of the store.
    private const int GatewayTimeout = 504;

    /// <exception cref="PrometheusException">Not the API's JSON, or an error that it states.</exception>
    public static QueryAnswer Parse(ReadOnlySpan<byte> body, int httpStatus)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            var read = Answer.Read(ref reader);
            if (read.Status != "success") throw Stated(read, httpStatus);
            if (read.Type is not ("matrix" or "vector"))
                throw new PrometheusException($"Prometheus answered with a result of type '{read.Type}', where a matrix or a vector was due.");
            return new QueryAnswer(read.Series ?? throw new FormatException("a success without a result"), read.Warnings);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new PrometheusException($"Prometheus answered {httpStatus} with something that is not its query API's JSON: {e.Message}", isTooSlow: httpStatus == GatewayTimeout, inner: e);
        }
    }

    private static PrometheusException Stated(Answer read, int httpStatus)
    {
        if (read.Status is null) throw new FormatException("it has no status");
        var text = read.Error ?? "no reason given";
        return new PrometheusException(
            $"Prometheus refused the query ({httpStatus}, {read.ErrorType ?? "unknown"}): {text}",
            isTooLarge: text.Contains("too many samples", StringComparison.OrdinalIgnoreCase),
            isTooSlow: read.ErrorType == "timeout");
    }

    /// <summary>What of the answer we look at, in whatever order it came.</summary>
    private sealed class Answer
    {
        public string? Status { get; private set; }

        public string? ErrorType { get; private set; }

        public string? Error { get; private set; }

        public string? Type { get; private set; }

        public List<RawSeries>? Series { get; private set; }

        public List<string> Warnings { get; } = [];

        public static Answer Read(ref Utf8JsonReader reader)
        {
            var answer = new Answer();
            Enter(ref reader, JsonTokenType.StartObject);
            while (Property(ref reader))
            {
                if (reader.ValueTextEquals("status"u8)) answer.Status = Text(ref reader);
                else if (reader.ValueTextEquals("errorType"u8)) answer.ErrorType = Text(ref reader);
                else if (reader.ValueTextEquals("error"u8)) answer.Error = Text(ref reader);
                else if (reader.ValueTextEquals("warnings"u8)) answer.ReadWarnings(ref reader);
                else if (reader.ValueTextEquals("data"u8)) answer.ReadData(ref reader);
                else reader.Skip();
            }

            // Whatever follows makes it no JSON.
            reader.Read();
            return answer;
        }

        private void ReadWarnings(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) return;
            if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException("warnings are no list");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) Warnings.Add(reader.GetString() ?? "");
        }

        private void ReadData(ref Utf8JsonReader reader)
        {
            reader.Read();
            // An error has none.
            if (reader.TokenType == JsonTokenType.Null) return;
            if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException("its data are no object");
            while (Property(ref reader))
            {
                if (reader.ValueTextEquals("resultType"u8)) Type = Text(ref reader);
                else if (reader.ValueTextEquals("result"u8) && Type is null or "matrix" or "vector") ReadResult(ref reader);
                else reader.Skip();
            }
        }

        private void ReadResult(ref Utf8JsonReader reader)
        {
            Series = [];
            Enter(ref reader, JsonTokenType.StartArray);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) Series.Add(ReadSeries(ref reader));
        }
    }

    // A series of native histograms has no plain values: it is none of ours, and empty here.
    private static RawSeries ReadSeries(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException("a series is no object");
        Dictionary<string, string>? labels = null;
        UsageSample[] samples = [];
        while (Property(ref reader))
        {
            if (reader.ValueTextEquals("metric"u8)) labels = ReadLabels(ref reader);
            else if (reader.ValueTextEquals("values"u8)) samples = ReadSamples(ref reader, samples);
            else if (reader.ValueTextEquals("value"u8) && reader.Read()) samples = [ReadSample(ref reader)];
            else reader.Skip();
        }

        return new RawSeries(labels ?? throw new FormatException("a series without labels"), samples);
    }

    private static Dictionary<string, string> ReadLabels(ref Utf8JsonReader reader)
    {
        var labels = new Dictionary<string, string>();
        Enter(ref reader, JsonTokenType.StartObject);
        while (Property(ref reader))
        {
            var name = reader.GetString()!;
            labels[name] = Text(ref reader) ?? "";
        }

        return labels;
    }

    private static UsageSample[] ReadSamples(ref Utf8JsonReader reader, UsageSample[] before)
    {
        var samples = new List<UsageSample>(before);
        Enter(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) samples.Add(ReadSample(ref reader));
        return [.. samples];
    }

    // A pair of time and value.
    private static UsageSample ReadSample(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException("a sample is a pair of time and value");
        reader.Read();
        if (reader.TokenType != JsonTokenType.Number) throw new FormatException("a sample's time is a number");
        var ms = Milliseconds(reader.ValueSpan) ?? checked((long)Math.Round(reader.GetDecimal() * 1000));
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) throw new FormatException("a sample without a value");
        var value = Value(ref reader);
        reader.Read();
        return reader.TokenType == JsonTokenType.EndArray ? new UsageSample(ms, value) : throw new FormatException("a sample is a pair of time and value");
    }

    // Seconds with at most three places, as stores write them; null for any other way to write a number.
    private static long? Milliseconds(ReadOnlySpan<byte> text)
    {
        var (ms, places) = (0L, -1);
        foreach (var c in text)
        {
            if (c == '.' && places < 0) places = 0;
            else if (char.IsAsciiDigit((char)c) && places < 3 && ms < MostMs) (ms, places) = ((ms * 10) + (c - '0'), places < 0 ? places : places + 1);
            else return null;
        }

        for (places = Math.Max(places, 0); places < 3; places++) ms *= 10;
        return ms;
    }

    private static double Value(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        if (!reader.ValueIsEscaped && Utf8Parser.TryParse(text, out double value, out var used) && used == text.Length && double.IsFinite(value)) return value;
        return reader.GetString() switch
        {
            "NaN" => double.NaN,
            "+Inf" or "Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var other => double.Parse(other!, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
    }

    private static void Enter(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token) throw new FormatException($"{(token == JsonTokenType.StartArray ? "a list" : "an object")} was due, and there is {Encoding.UTF8.GetString(reader.ValueSpan)}");
    }

    /// <returns>False at the object's end.</returns>
    private static bool Property(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }
}
