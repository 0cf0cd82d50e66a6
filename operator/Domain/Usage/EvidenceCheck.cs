using Federation.Domain.Leases;

namespace Federation.Domain.Usage;

/// <summary>What an export of evidence comes to.</summary>
/// <param name="Root">After its last window: to be compared with the receipt's on chain. Empty when the export is refused.</param>
/// <param name="First">Number of its first window: what was before is not in the export unless it is 1.</param>
/// <param name="Last">Number of its last window.</param>
/// <param name="Problem">Why it is refused: which line, and what is wrong with it; null when it is one unbroken chain.</param>
public sealed record EvidenceVerdict(string Root, long First, long Last, string? Problem);

/// <summary>Where metering stood at the end of a window, by its evidence alone.</summary>
/// <param name="Window">Its number.</param>
/// <param name="Root">Of it and all before.</param>
/// <param name="Holdings">What the pods held, with how far it is counted.</param>
public sealed record MeterStand(long Window, string Root, UsagePosition Position, IReadOnlyList<PodHolding> Holdings);

/// <summary>
/// Checks an export of one lease, a line of JSON each, the windows in their order: that nothing was changed, left out, added or moved,
/// and that each window comes to what its samples give. Needs nothing but the lines and the chain's hash, so tenant and arbiter can
/// run it themselves.
/// </summary>
public static class EvidenceCheck
{
    /// <param name="lines">As exported: each window's record, then its series.</param>
    /// <param name="mostGapMs">Samples may be so far apart and count as measured in between, milliseconds: a window that says more of itself is refused.</param>
    public static EvidenceVerdict Verify(LeaseId lease, IEnumerable<string> lines, Digest digest, long mostGapMs = UsageFold.MostGapMs) => Verify(lease, lines, digest, out _, mostGapMs);

    /// <param name="after">What the samples come to, folded anew; null when the export is refused.</param>
    /// <param name="untilRoot">Root of the last window that is looked at: an export may go on after what was claimed by it. Null: all of it.</param>
    /// <inheritdoc cref="Verify(LeaseId, IEnumerable{string}, Digest, long)"/>
    public static EvidenceVerdict Verify(LeaseId lease, IEnumerable<string> lines, Digest digest, out UsagePosition? after, long mostGapMs = UsageFold.MostGapMs, string? untilRoot = null)
    {
        (var verdict, after) = Fold(lease, lines, digest, mostGapMs, untilRoot);
        return verdict;
    }

    /// <summary>What the lines of one window hash to, whatever they claim; null when they are none of a window.</summary>
    public static KeptWindow? WindowOf(IReadOnlyList<string> lines, Digest digest) =>
        lines.Count > 0 && WindowLines.ReadHead(lines[0]) is { } head && head.Series == lines.Count - 1 && WindowRecord.RootOf([.. lines.Skip(1)], digest) == head.Samples
            ? KeptWindow.Of(WindowRecord.NextRoot(head.Record.Previous, head.Line, digest), lines[0])
            : null;

    /// <summary>Where one window led, folded anew: metering can go on from there. What was before it is taken from its own record.</summary>
    /// <param name="lines">Of that window alone.</param>
    /// <returns>Null when they are no window of this lease, or do not come to what they say.</returns>
    public static MeterStand? StandAfter(LeaseId lease, IReadOnlyList<string> lines, Digest digest)
    {
        if (lines.Count == 0 || WindowLines.ReadHead(lines[0]) is not { } window) return null;
        List<string> series = [.. lines.Skip(1)];
        if (FaultOf(lease, window, series, digest) is not null || MiscountOf(window.Record, series, out var after, out var held) is not null) return null;
        return new MeterStand(window.Record.Number, WindowRecord.NextRoot(window.Record.Previous, window.Line, digest), after, held);
    }

    private static (EvidenceVerdict, UsagePosition?) Fold(LeaseId lease, IEnumerable<string> lines, Digest digest, long mostGapMs, string? untilRoot)
    {
        Folded? before = null;
        var counted = new CountedTime();
        var first = 0L;
        using var line = lines.GetEnumerator();
        for (var at = 1; line.MoveNext(); at++)
        {
            if (WindowLines.ReadHead(line.Current) is not { } window) return Refuse($"Line {at} is no record of a window of format {WindowRecord.Format}{WindowLines.FormatOf(line.Current)}.");
            var series = new List<string>();
            while (series.Count < window.Series && line.MoveNext()) series.Add(line.Current);
            var (record, after, held) = (window.Record, window.Record.After, window.Record.Held);
            var fault = FaultOf(lease, window, series, digest) ?? GapOf(record, mostGapMs) ?? BreakAfter(before, record) ?? counted.FaultOf(record) ?? MiscountOf(record, series, out after, out held);
            if (fault is not null) return Refuse($"Line {at}, window {record.Number}: {fault}");
            counted.Add(held);
            before = new Folded(record.Number, WindowRecord.NextRoot(record.Previous, window.Line, digest), after);
            if (first == 0) first = record.Number;
            if (before.Root == untilRoot) break;
            at += series.Count;
        }

        return before is null ? Refuse("There is no window in it.") : (new EvidenceVerdict(before.Root, first, before.Number, null), before.After);
    }

    private static string? FaultOf(LeaseId lease, WindowLines.Head window, List<string> series, Digest digest)
    {
        if (window.Record.Lease != lease) return $"it is of lease {window.Record.Lease}.";
        if (series.Count < window.Series) return $"it has {window.Series} series, and {series.Count} follow.";
        return WindowRecord.RootOf(series, digest) == window.Samples ? null : "its series are not those that it was closed with.";
    }

    // It is the datacenter's word how far apart samples may be: with a day of it, two samples would bill a day.
    private static string? GapOf(WindowRecord window, long mostMs) => window.MaxGapMs >= 1 && window.MaxGapMs <= mostMs ? null
        : $"it takes samples that are {window.MaxGapMs} ms apart for one measured time; between 1 and {mostMs} ms are accepted.";

    private static string? BreakAfter(Folded? before, WindowRecord window)
    {
        if (before is null) return window.Number == 1 || window.Previous == WindowRecord.NoRoot ? NotTheFirst(window) : null;
        if (window.Number != before.Number + 1) return $"it follows window {before.Number}.";
        if (window.Previous != before.Root) return "it was closed after another window than the one before it here.";
        if (window.FromMs != before.After.ThroughMs) return "it does not begin where the one before ends.";
        // A pod more that counts from its first sample on only takes from the bill: so it is where metering went on from a receipt alone.
        return window.Before.Series.SequenceEqual(before.After.Series) && window.Before.Forgotten.Take(before.After.Forgotten.Count).SequenceEqual(before.After.Forgotten)
            ? Difference(before.After, window.Before, "the one before came to")
            : "its series do not go on from where those of the one before ended.";
    }

    // What positions say of before the lease would be billed with its first sample.
    private static string? NotTheFirst(WindowRecord window)
    {
        if (window.Number != 1 || window.Previous != WindowRecord.NoRoot) return "it is the first, and follows another one; or it is not, and follows none.";
        return window.Before.Series.Count > 0 || window.Before.Forgotten.Count > 0 ? "it is the first, and goes on from series of before."
            : Difference(UsagePosition.StartingAt(window.FromMs), window.Before, "nothing comes before it, which is");
    }

    // The totals that a receipt claims are these, in coarser units.
    private static string? MiscountOf(WindowRecord window, List<string> lines, out UsagePosition after, out IReadOnlyList<PodHolding> held)
    {
        (after, held) = (window.After, window.Held);
        var series = lines.Select(WindowLines.ReadSeries).ToArray();
        if (Array.IndexOf(series, null) is >= 0 and var odd) return $"its series {odd + 1} is none.";
        var folded = UsageFold.Fold(window.Before, series!, window.Held, window.After.ThroughMs, window.MaxGapMs, window.Idle.ToHashSet(StringComparer.Ordinal), fromMs: window.ReadFromMs, asOfMs: window.AsOfMs);
        held = folded.Holdings;
        after = KeptStorage.Add(folded.Position, window.Kept, window.KeptSpan);
        if (Difference(after, window.After, "its samples give") is { } miscount) return miscount;
        return (after.ExpectedMs, after.ObservedMs) == (window.After.ExpectedMs, window.After.ObservedMs) ? null
            : $"of {after.ExpectedMs} ms its samples measure {after.ObservedMs}, and it says {window.After.ObservedMs} of {window.After.ExpectedMs}.";
    }

    private static string? Difference(UsagePosition right, UsagePosition said, string source)
    {
        foreach (var ((name, given), (_, claimed)) in WindowRecord.Totals(right).Zip(WindowRecord.Totals(said)))
            if (given != claimed) return $"{source} {given} {name}, and it says {claimed}: {(claimed > given ? $"{claimed - given} too many" : $"{given - claimed} too few")}.";
        return null;
    }

    private static (EvidenceVerdict, UsagePosition?) Refuse(string problem) => (new("", 0, 0, problem), null);

    private sealed record Folded(long Number, string Root, UsagePosition After);
}
