using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Application.Ports;

namespace Federation.Cluster.Mapping;

/// <summary>The journal as JSON. Calls are mostly zeros, and an object has room for a mebibyte: they are kept compressed.</summary>
internal static class JournalMapper
{
    // Above what any node takes: what is larger was not written by an operator.
    private const int LargestCall = 1 << 20;

    public static string ToText(IReadOnlyList<JournalEntry> entries) => JsonSerializer.Serialize(entries.Select(ToLine).ToArray(), JournalContext.Default.JournalLineArray);

    /// <exception cref="FormatException">Not what <see cref="ToText"/> writes.</exception>
    public static IReadOnlyList<JournalEntry> FromText(string text)
    {
        try
        {
            return [.. JsonSerializer.Deserialize(text, JournalContext.Default.JournalLineArray)!.Select(FromLine)];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or ArgumentNullException or NullReferenceException or OverflowException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static JournalLine ToLine(JournalEntry entry) => new()
    {
        Nonce = entry.Nonce,
        From = entry.Sender.Length == 0 ? null : entry.Sender,
        State = entry.MinedBlock > 0 ? "Mined" : entry.IsSent ? "Sent" : "Signed",
        For = [.. entry.Purposes],
        To = entry.To,
        Gas = entry.Gas,
        Call = entry.Data.Length == 0 ? null : Convert.ToBase64String(Compress(entry.Data)),
        Versions = [.. entry.Versions.Select(v => new VersionLine { Hash = v.Hash, MaxFee = Text(v.MaxFee), Tip = Text(v.PriorityFee) })],
        Block = entry.MinedBlock,
        BlockHash = entry.MinedIn.Length == 0 ? null : entry.MinedIn,
    };

    private static JournalEntry FromLine(JournalLine line)
    {
        if (line.Versions.Length == 0 || line.For is null || line.For.Contains(null)) throw new FormatException($"nonce {line.Nonce} has no version, or is for nothing");
        return new JournalEntry(
            line.Nonce, line.For, line.To, line.Call is null ? [] : Expand(Convert.FromBase64String(line.Call)), line.Gas,
            [.. line.Versions.Select(v => new JournalVersion(v.Hash, Number(v.MaxFee), Number(v.Tip)))])
        {
            Sender = line.From ?? "", IsSent = line.State != "Signed", MinedBlock = line.Block, MinedIn = line.BlockHash ?? "",
        };
    }

    private static string Text(BigInteger number) => number.ToString(CultureInfo.InvariantCulture);

    private static BigInteger Number(string text) => BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static byte[] Compress(byte[] data)
    {
        using var target = new MemoryStream();
        using (var zip = new GZipStream(target, CompressionLevel.Fastest)) zip.Write(data);
        return target.ToArray();
    }

    private static byte[] Expand(byte[] data)
    {
        using var zip = new GZipStream(new MemoryStream(data), CompressionMode.Decompress);
        var (buffer, length) = (new byte[LargestCall], 0);
        for (int read; (read = zip.Read(buffer, length, buffer.Length - length)) > 0;) length += read;
        return length < LargestCall ? buffer[..length] : throw new FormatException("a call is larger than any that is sent");
    }
}

internal sealed record JournalLine
{
    public required ulong Nonce { get; init; }

    public string? From { get; init; }

    /// <summary>For people: Signed, Sent, Mined.</summary>
    public required string State { get; init; }

    public required string[] For { get; init; }

    public string? To { get; init; }

    public required ulong Gas { get; init; }

    public string? Call { get; init; }

    public required VersionLine[] Versions { get; init; }

    public ulong Block { get; init; }

    public string? BlockHash { get; init; }
}

internal sealed record VersionLine
{
    public required string Hash { get; init; }

    public required string MaxFee { get; init; }

    public required string Tip { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JournalLine[]))]
internal sealed partial class JournalContext : JsonSerializerContext;
