using System.Globalization;
using System.Text.Json;
using Federation.Domain.Leases;

namespace Federation.Domain.Usage;

/// <summary>
/// Reads what <see cref="WindowRecord"/> writes. The lines are of a party that may be lying: what no operator writes is none of ours,
/// and nothing that is read overflows in the fold.
/// </summary>
internal static class WindowLines
{
    // The year 5138: differences and sums of such times are far inside 64 bits.
    private const long MostMs = 100_000_000_000_000;

    // As the fold takes samples.
    private const double MostValue = 1e18;

    /// <param name="Record">Without its series and findings; of where metering stood after it, the sums.</param>
    /// <param name="Samples">Hash of the series' lines.</param>
    /// <param name="Series">How many lines of series follow.</param>
    internal sealed record Head(string Line, WindowRecord Record, string Samples, int Series);

    /// <returns>Null when the line is no record of a window of this format.</returns>
    public static Head? ReadHead(string line) => Read(line, root =>
    {
        var (from, through) = (Ms(root, "fromMs"), Ms(root, "throughMs"));
        var kept = Each(root, "kept", v => (Volume: new KeptVolume(Text(v, "volume"), v.GetProperty("miB").GetUInt32()), From: Ms(v, "fromMs"), Until: Ms(v, "untilMs")));
        var record = new WindowRecord(
            LeaseId.Parse(Text(root, "lease")), root.GetProperty("window").GetInt64(), Hash(root, "previous"),
            Totals(root, "before", from) with { Series = Each(root, "positions", ReadPosition), Forgotten = Each(root, "forgotten", p => Text(p, "pod")) },
            Ms(root, "readFromMs"), [], Each(root, "held", ReadHolding), Each(root, "idle", p => Text(p, "pod")),
            [.. kept.Select(k => k.Volume)], kept.Length == 0 ? default : (kept[0].From, kept[0].Until), Ms(root, "maxGapMs"), [],
            Totals(root, "totals", through) with { ExpectedMs = Ms(root, "expectedMs"), ObservedMs = Ms(root, "observedMs") })
        { AsOfMs = Ms(root, "asOfMs") };
        var isSound = root.GetProperty("format").GetInt32() == WindowRecord.Format && from <= through && IsWithin(record.KeptSpan, from, through)
            && kept.All(k => (k.From, k.Until) == record.KeptSpan) && kept.DistinctBy(k => k.Volume.Uid).Count() == kept.Length && record.Before.Series.DistinctBy(p => p.Key).Count() == record.Before.Series.Count
            && record.Held.DistinctBy(h => h.PodUid).Count() == record.Held.Count;
        return isSound ? new Head(line, record, Hash(root, "samples"), root.GetProperty("series").GetInt32()) : null;
    });

    /// <summary>What to add where a line is refused that another release wrote; else nothing.</summary>
    public static string FormatOf(string line) =>
        Read(line, root => root.GetProperty("format").GetInt32() is var format && format != WindowRecord.Format ? $", but of format {format}: check it with the release that wrote it" : "") ?? "";

    /// <returns>Null when the line is no series.</returns>
    public static UsageSeries? ReadSeries(string line) => Read(line, root =>
    {
        var flat = root.GetProperty("samples").EnumerateArray().ToArray();
        UsageSample[] samples = [.. flat.Chunk(2).Select(p => new UsageSample(Ms(p[0]), Number(p[1])))];
        var series = new UsageSeries(Text(root, "pod"), Enum.Parse<Meter>(Text(root, "meter")), Text(root, "part"), samples);
        // A pod's cgroup has one row of each, and its links several: a second one would bill what the pod holds again.
        return !series.PodUid.Contains('/', StringComparison.Ordinal) && (series.Meter == Meter.Egress || series.Part.Length == 0) ? series : null;
    });

    private static bool IsWithin((long FromMs, long UntilMs) span, long from, long through) =>
        span.FromMs == span.UntilMs || (from <= span.FromMs && span.FromMs < span.UntilMs && span.UntilMs <= through);

    private static T? Read<T>(string line, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static SeriesPosition ReadPosition(JsonElement position)
    {
        var read = new SeriesPosition(Text(position, "series"), Ms(position, "atMs"), Number(position.GetProperty("value")))
        {
            UnheldMs = Maybe("unheldMs"),
            ReadMs = Maybe("readMs"),
            FellMs = Maybe("fellMs"),
        };
        return read.Key.Contains('/', StringComparison.Ordinal) && read.Value is >= 0 and <= MostValue ? read : throw new FormatException();

        long? Maybe(string name) => position.TryGetProperty(name, out var ms) ? Ms(ms) : null;
    }

    private static PodHolding ReadHolding(JsonElement held) => new(Text(held, "pod"), held.GetProperty("gpuA").GetUInt32(), held.GetProperty("gpuB").GetUInt32(), held.GetProperty("storageMiB").GetUInt32())
    {
        FromMs = Ms(held, "fromMs"), EndedMs = Ms(held, "endedMs"), HeardMs = Ms(held, "heardMs"), IsDoubtful = held.GetProperty("isDoubtful").GetBoolean(),
    };

    private static UsagePosition Totals(JsonElement root, string name, long throughMs)
    {
        var totals = root.GetProperty(name);
        UInt128 Of(string meter) => UInt128.Parse(Text(totals, meter), NumberStyles.None, CultureInfo.InvariantCulture);
        return new UsagePosition(throughMs, Of("cpuNanoSeconds"), Of("memoryByteMs"), Of("storageMiBMs"), Of("egressBytes"), Of("gpuMsA"), Of("gpuMsB"), 0, 0, []);
    }

    private static T[] Each<T>(JsonElement root, string name, Func<JsonElement, T> read) => [.. root.GetProperty(name).EnumerateArray().Select(read)];

    private static string Text(JsonElement root, string name) => root.GetProperty(name).GetString() ?? throw new FormatException();

    private static double Number(JsonElement text) => double.Parse(text.GetString() ?? "", NumberStyles.Float, CultureInfo.InvariantCulture);

    private static long Ms(JsonElement root, string name) => Ms(root.GetProperty(name));

    private static long Ms(JsonElement ms) => ms.GetInt64() is >= 0 and <= MostMs and var value ? value : throw new FormatException();

    private static string Hash(JsonElement root, string name) =>
        Text(root, name) is { Length: 66 } hash && hash.StartsWith("0x", StringComparison.Ordinal) && hash.Skip(2).All(char.IsAsciiHexDigitLower)
            ? hash
            : throw new FormatException();
}
