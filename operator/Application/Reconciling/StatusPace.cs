using System.Collections.Concurrent;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;

namespace Federation.Application.Reconciling;

/// <summary>
/// Spaces the writes of what only people read of a status: while a lease opens its phase changes many times a second, and
/// each change would be a write. Where that goes on for long the gaps grow. Never waits what is money, or is read back, or
/// cannot go on as it is; nor does that it runs for the first time, which its tenant waits for. A lease that runs within
/// seconds has nothing to say before.
/// </summary>
internal sealed class StatusPace
{
    private const long GapMs = 2_500;
    private const long LongestGapMs = 4 * GapMs;

    // Most run sooner; whoever has to do something for it to go on reads so after this.
    private const long OpeningMs = 5_000;

    // After so long without a write, what comes next is a story of its own.
    private const long QuietMs = 60_000;

    private readonly ConcurrentDictionary<LeaseId, (long AtMs, long NextGapMs)> written = [];
    private readonly ConcurrentDictionary<LeaseId, bool> running = [];

    /// <param name="isAboutToChange">What is said now will be said anew in a moment.</param>
    /// <returns>When the status may be written, unix milliseconds; <paramref name="nowMs"/>: at once.</returns>
    public long Earliest(LeaseId id, LeaseStatus stored, LeaseStatus next, bool isAboutToChange, long nowMs)
    {
        if (IsDurable(stored, next) || (next.Phase == LeasePhase.Running && stored.Phase < LeasePhase.Running && running.TryAdd(id, true))) return nowMs;
        if (isAboutToChange) return nowMs + GapMs;
        // It counts as written when it was first seen.
        if (stored.Conditions.Count == 0 && IsOpening(next)) written.TryAdd(id, (nowMs, OpeningMs));
        if (!written.TryGetValue(id, out var last) || last.AtMs > nowMs) return nowMs;
        return Math.Max(nowMs, last.AtMs + (IsBook(stored, next) ? GapMs : last.NextGapMs));
    }

    public void Note(LeaseId id, long nowMs)
    {
        var isFirst = !written.TryGetValue(id, out var last) || last.AtMs > nowMs || nowMs - last.AtMs >= QuietMs;
        written[id] = (nowMs, isFirst ? GapMs : Math.Min(LongestGapMs, 2 * last.NextGapMs));
    }

    public void Forget(LeaseId id)
    {
        written.TryRemove(id, out _);
        running.TryRemove(id, out _);
    }

    // What a later look goes by, and would not see again: pods and shards that came and went.
    private static bool IsBook(LeaseStatus stored, LeaseStatus next) =>
        stored.HasStarted != next.HasStarted || !stored.Holdings.SequenceEqual(next.Holdings) || !(stored.Results?.Jobs ?? []).SequenceEqual(next.Results?.Jobs ?? []);

    private static bool IsOpening(LeaseStatus next) =>
        next.Phase < LeasePhase.Running && !next.Conditions.Any(c => c is { Type: "Verified" or "Scheduled", Status: ConditionStatus.False });

    // The evidence is chained anew by every window, so it stands for all usage.
    private static bool IsDurable(LeaseStatus stored, LeaseStatus next) =>
        (stored.UsageEvidence, stored.UsageIsFinal, stored.StoppedAtMs, stored.ClosedAtMs, stored.Results?.Outcome, stored.Post?.Transaction, stored.Images, StateOf(stored))
        != (next.UsageEvidence, next.UsageIsFinal, next.StoppedAtMs, next.ClosedAtMs, next.Results?.Outcome, next.Post?.Transaction, next.Images, StateOf(next))
        || stored.Downtime != next.Downtime || !Proven(stored).SequenceEqual(Proven(next)) || !stored.Exports.SequenceEqual(next.Exports);

    // Names that are given out come back by themselves.
    private static IEnumerable<(string, long)> Proven(LeaseStatus status) =>
        status.Hostnames.Where(h => h.IsHeld && h.Reason != HostnameClaim.GivenOut).Select(h => (h.Name, h.HeldSinceMs));

    private static (long, long, long)? StateOf(LeaseStatus status) =>
        status.Suspension is { } suspension ? (suspension.Until, suspension.StoppedAtMs, suspension.EndedAtMs) : null;
}
