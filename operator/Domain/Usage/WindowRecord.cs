using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Federation.Domain.Leases;

namespace Federation.Domain.Usage;

/// <summary>Keccak-256 of the chain: 0x and 64 hex digits.</summary>
public delegate string Digest(ReadOnlySpan<byte> data);

/// <summary>
/// One closed metering window as anybody can check it: where it began, what was read, what was held, and what it came to. It is one
/// line of JSON and a line for each series; the hashes are over these lines' bytes as they are, so that no other language has to write
/// them alike. <see cref="EvidenceCheck"/> folds them anew.
/// </summary>
/// <param name="Number">Of the lease's windows, from 1.</param>
/// <param name="Previous">Root of the window before; <see cref="NoRoot"/> before the first.</param>
/// <param name="Before">Where metering stood: the totals, and up to where each series was read.</param>
/// <param name="ReadFromMs">Since when samples were read, unix milliseconds: what comes late is of the time before <paramref name="Before"/>'s end.</param>
/// <param name="Series">As they were read: also what the fold discards.</param>
/// <param name="Held">What the pods hold, as far as it is known, and from when on it was not counted yet.</param>
/// <param name="Idle">UIDs of pods of which nothing ran yet, and of those that are not of the workload.</param>
/// <param name="Kept">Volumes that were kept while nothing ran.</param>
/// <param name="KeptSpan">For how long, unix milliseconds.</param>
/// <param name="MaxGapMs">Samples further apart left a gap.</param>
/// <param name="After">Where metering stands after the window.</param>
public sealed record WindowRecord(
    LeaseId Lease,
    long Number,
    string Previous,
    UsagePosition Before,
    long ReadFromMs,
    IReadOnlyList<UsageSeries> Series,
    IReadOnlyList<PodHolding> Held,
    IReadOnlyCollection<string> Idle,
    IReadOnlyList<KeptVolume> Kept,
    (long FromMs, long UntilMs) KeptSpan,
    long MaxGapMs,
    IReadOnlyList<UsageFinding> Findings,
    UsagePosition After)
{
    /// <summary>Of the lines. Those of format 1 did not say it, and lack what it takes to fold them anew; in format 2 devices and storage counted by samples alone, and in format 3 by the word on nodes that had fallen silent.</summary>
    public const int Format = 4;

    /// <summary>32 zero bytes, 0x hex.</summary>
    public const string NoRoot = "0x0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Unix milliseconds of its begin.</summary>
    public long FromMs => Before.ThroughMs;

    /// <summary>Up to when the API server's word counts for what pods hold, unix milliseconds. After the window's end it says no more than that.</summary>
    public long AsOfMs { get; init; } = long.MaxValue;

    private const int LongestDouble = 32;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>The record and its series, a line each, and the root that commits to them and to all windows before.</returns>
    public WindowEvidence Seal(Digest digest)
    {
        string[] series = [.. Series.OrderBy(s => s.Key, StringComparer.Ordinal).Select(Line)];
        var record = Line(RootOf(series, digest));
        return new WindowEvidence(Lease, Number, NextRoot(Previous, record, digest), [record, .. series]);
    }

    /// <summary>keccak(previous ‖ keccak(record)).</summary>
    internal static string NextRoot(string previous, string record, Digest digest) =>
        digest([.. Bytes(previous), .. Bytes(digest(Encoding.UTF8.GetBytes(record)))]);

    /// <summary>keccak over the hashes of the series' lines, one after the other.</summary>
    internal static string RootOf(IReadOnlyList<string> series, Digest digest) =>
        digest([.. series.SelectMany(line => Bytes(digest(Encoding.UTF8.GetBytes(line))))]);

    private static byte[] Bytes(string hash) => Convert.FromHexString(hash.AsSpan(2));

    private string Line(string samples) => Write(json =>
    {
        json.WriteNumber("format", Format);
        json.WriteString("lease", Lease.ToString());
        json.WriteNumber("window", Number);
        json.WriteString("previous", Previous);
        json.WriteNumber("fromMs", FromMs);
        json.WriteNumber("throughMs", After.ThroughMs);
        json.WriteNumber("readFromMs", ReadFromMs);
        json.WriteNumber("asOfMs", Math.Min(AsOfMs, After.ThroughMs));
        json.WriteNumber("series", Series.Count);
        json.WriteString("samples", samples);
        json.WriteNumber("maxGapMs", MaxGapMs);
        Each(json, "held", Held.OrderBy(h => h.PodUid, StringComparer.Ordinal), h =>
        {
            json.WriteString("pod", h.PodUid);
            json.WriteNumber("gpuA", h.GpuA);
            json.WriteNumber("gpuB", h.GpuB);
            json.WriteNumber("storageMiB", h.StorageMiB);
            json.WriteNumber("fromMs", h.FromMs);
            json.WriteNumber("endedMs", h.EndedMs);
            json.WriteNumber("heardMs", Math.Min(h.HeardMs, After.ThroughMs));
            json.WriteBoolean("isDoubtful", h.IsDoubtful);
        });
        Each(json, "idle", Idle.Order(StringComparer.Ordinal), pod => json.WriteString("pod", pod));
        Each(json, "kept", Kept.OrderBy(v => v.Uid, StringComparer.Ordinal), v =>
        {
            json.WriteString("volume", v.Uid);
            json.WriteNumber("miB", v.MiB);
            json.WriteNumber("fromMs", KeptSpan.FromMs);
            json.WriteNumber("untilMs", KeptSpan.UntilMs);
        });
        Each(json, "findings", Findings, f =>
        {
            json.WriteString("kind", f.Kind.ToString());
            json.WriteString("series", f.Series);
            json.WriteNumber("atMs", f.AtMs);
            json.WriteString("detail", Text(f.Detail));
        });
        json.WriteNumber("expectedMs", After.ExpectedMs - Before.ExpectedMs);
        json.WriteNumber("observedMs", After.ObservedMs - Before.ObservedMs);
        Write(json, "before", Before);
        Each(json, "positions", Before.Series, p => Write(json, p));
        Each(json, "forgotten", Before.Forgotten, pod => json.WriteString("pod", pod));
        Write(json, "totals", After);
    });

    /// <summary>The sums of a position by their names in the record, fine units.</summary>
    internal static (string Name, UInt128 Value)[] Totals(UsagePosition position) =>
    [
        ("cpuNanoSeconds", position.CpuNanoSeconds), ("memoryByteMs", position.MemoryByteMs), ("storageMiBMs", position.StorageMiBMs),
        ("egressBytes", position.EgressBytes), ("gpuMsA", position.GpuMsA), ("gpuMsB", position.GpuMsB),
    ];

    // 128 bits are no number of JSON's.
    private static void Write(Utf8JsonWriter json, string name, UsagePosition position)
    {
        json.WriteStartObject(name);
        foreach (var (meter, value) in Totals(position)) json.WriteString(meter, value.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SeriesPosition position)
    {
        json.WriteString("series", position.Key);
        json.WriteNumber("atMs", position.AtMs);
        json.WriteString("value", Text(position.Value));
        if (position.UnheldMs is { } unheld) json.WriteNumber("unheldMs", unheld);
        if (position.ReadMs is { } read) json.WriteNumber("readMs", read);
        if (position.FellMs is { } fell) json.WriteNumber("fellMs", fell);
    }

    private static string Line(UsageSeries series) => Write(json =>
    {
        json.WriteString("pod", series.PodUid);
        json.WriteString("meter", series.Meter.ToString());
        json.WriteString("part", series.Part);
        json.WriteStartArray("samples");
        Span<char> text = stackalloc char[LongestDouble];
        foreach (var sample in series.Samples)
        {
            json.WriteNumberValue(sample.AtMs);
            json.WriteStringValue(text[..Text(sample.Value, text)]);
        }

        json.WriteEndArray();
    });

    // NaN and the infinities are no numbers of JSON's; the shortest text that reads back as the same double.
    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static int Text(double value, Span<char> into) => value.TryFormat(into, out var length, "R", CultureInfo.InvariantCulture) ? length : throw new InvalidOperationException();

    private static void Each<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>A window as it is kept and handed over.</summary>
/// <param name="Root">32 bytes, 0x hex: what a receipt on chain says of it and of all windows before.</param>
/// <param name="Lines">The record, then its series; none has a line break in it.</param>
public sealed record WindowEvidence(LeaseId Lease, long Number, string Root, IReadOnlyList<string> Lines)
{
    /// <summary>Who may be shown it, also when the lease is gone; null: not known.</summary>
    public LeaseReaders? Readers { get; init; }
}
