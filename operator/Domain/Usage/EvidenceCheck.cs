using System.Text.Json;
using Federation.Domain.Leases;

namespace Federation.Domain.Usage;

/// <summary>What an export of evidence comes to.</summary>
/// <param name="Root">After its last window: to be compared with the receipt's on chain. Empty when the export is refused.</param>
/// <param name="First">Number of its first window: what was before is not in the export unless it is 1.</param>
/// <param name="Last">Number of its last window.</param>
/// <param name="Problem">Why it is refused: which line, and what is wrong with it; null when it is one unbroken chain.</param>
public sealed record EvidenceVerdict(string Root, long First, long Last, string? Problem);

/// <summary>
/// Checks an export of one lease, a line of JSON each, the windows in their order: that nothing was changed, left out, added or moved.
/// Needs nothing but the lines and the chain's hash, so tenant and arbiter can run it themselves.
/// </summary>
public static class EvidenceCheck
{
    /// <param name="lines">As exported: each window's record, then its series.</param>
    public static EvidenceVerdict Verify(LeaseId lease, IEnumerable<string> lines, Digest digest)
    {
        Window? before = null;
        var first = 0L;
        using var line = lines.GetEnumerator();
        for (var at = 1; line.MoveNext(); at++)
        {
            if (Parse(line.Current) is not { } window) return Refuse($"Line {at} is no record of a window.");
            var series = new List<string>();
            while (series.Count < window.Series && line.MoveNext()) series.Add(line.Current);
            if (Fault(lease, before, window, series, digest) is { } fault) return Refuse($"Line {at}, window {window.Number}: {fault}");
            (before, first) = (window with { Root = WindowRecord.NextRoot(window.Previous, window.Line, digest) }, first == 0 ? window.Number : first);
            at += series.Count;
        }

        return before is null ? Refuse("There is no window in it.") : new EvidenceVerdict(before.Root, first, before.Number, null);
    }

    private static string? Fault(LeaseId lease, Window? before, Window window, List<string> series, Digest digest)
    {
        if (window.Lease != lease.ToString()) return $"it is of lease {window.Lease}.";
        if (series.Count < window.Series) return $"it has {window.Series} series, and {series.Count} follow.";
        if (WindowRecord.RootOf(series, digest) != window.Samples) return "its series are not those that it was closed with.";
        if (before is null) return null;
        if (window.Number != before.Number + 1) return $"it follows window {before.Number}.";
        if (window.Previous != before.Root) return "it was closed after another window than the one before it here.";
        return window.FromMs == before.ThroughMs ? null : "it does not begin where the one before ends.";
    }

    private static Window? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return new Window(
                line, root.GetProperty("lease").GetString()!, root.GetProperty("window").GetInt64(), Hash(root, "previous"), Hash(root, "samples"),
                root.GetProperty("fromMs").GetInt64(), root.GetProperty("throughMs").GetInt64(), root.GetProperty("series").GetInt32(), "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string Hash(JsonElement root, string name) =>
        root.GetProperty(name).GetString() is { Length: 66 } hash && hash.StartsWith("0x", StringComparison.Ordinal) && hash.Skip(2).All(char.IsAsciiHexDigitLower)
            ? hash
            : throw new FormatException();

    private static EvidenceVerdict Refuse(string problem) => new("", 0, 0, problem);

    private sealed record Window(string Line, string Lease, long Number, string Previous, string Samples, long FromMs, long ThroughMs, int Series, string Root);
}
