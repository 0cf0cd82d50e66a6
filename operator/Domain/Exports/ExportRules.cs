using Federation.Domain.Leases;
using static Federation.Domain.Leases.ConditionStatus;

namespace Federation.Domain.Exports;

/// <summary>
/// Takes the volumes of a lease out while nothing of it runs: one pod at a time reads one and sends it. What came of that is in
/// the status before the pod goes.
/// </summary>
internal static class ExportRules
{
    /// <summary>What was begun in time may outlast the retention by this.</summary>
    private const long OvertimeMs = 3_600_000;

    private const long LongestMs = 24 * 3_600_000;
    private const long FirstPauseMs = 30_000;
    private const long LongestPauseMs = 900_000;

    /// <summary>The tries so far, with the one that has just ended: a failed one at once, a good one with its signature.</summary>
    public static IReadOnlyList<VolumeExport> Recorded(LeaseObservation seen)
    {
        var before = seen.Status.Exports;
        if (seen.Cluster.Export is not { EndedAt: > 0 } run || before.Any(e => e.IsOf(run)) || (run.Sent is not null && seen.Exports.Signature is null)) return before;
        var failures = before.FirstOrDefault(e => e.Volume == run.Volume && e.Secret == run.Secret)?.Failures ?? 0;
        var made = new VolumeExport(run.Volume, run.Secret, run.EndedAt)
        {
            Sent = run.Sent,
            Signature = run.Sent is null ? "" : seen.Exports.Signature!,
            Problem = run.Problem,
            Failures = run.Sent is null ? failures + 1 : 0,
        };
        return [.. before.Where(e => e.Volume != run.Volume).Append(made).OrderBy(e => e.Volume, StringComparer.Ordinal)];
    }

    /// <summary>The namespace waits for a volume that is being sent; not for long, and not for one that failed.</summary>
    public static bool HoldsUp(LeaseObservation seen, long retainedUntil) =>
        seen.Cluster.Export is { Problem: "" } && seen.NowMs < retainedUntil * 1000 + OvertimeMs;

    private static bool IsOver(LeaseObservation seen, long retainedUntil) => retainedUntil > 0 && seen.NowMs >= retainedUntil * 1000;

    public static ExportStep Next(StatusDraft draft)
    {
        var (seen, run) = (draft.Seen, draft.Seen.Cluster.Export);
        ExportStep Say(ConditionStatus status, string reason, string message, params LeaseEffect[] effects) => new(effects, 0, new LeaseCondition("Exported", status, reason, message));
        LeaseEffect[] none = run is null ? [] : [new RemoveExport(seen.View.Id)];

        // 1. Whether there is anything to do at all. On doubt nothing is.
        if (draft.RemovedFor is not null || seen.View.Confirmed is { TermsMatch: false } or { State: LeaseState.None })
            return new ExportStep([], 0, seen.Status.Conditions.FirstOrDefault(c => c.Type == "Exported"));
        var (isAtRest, isYoung) = (IsAtRest(draft), run is not null && seen.NowMs < run.SinceMs + FirstPauseMs);
        if (seen.Exports.Wish is not { } wish) return isAtRest && isYoung ? new ExportStep([], run!.SinceMs + FirstPauseMs, null) : new ExportStep(none, 0, null);
        if (!seen.Policy.ExportsVolumes) return Say(False, "NotOffered", "This datacenter exports no volumes: have the workload copy them before the lease ends, or ask the datacenter.", none);
        if (!isAtRest) return Say(False, "WorkloadRuns", "Volumes are exported while nothing runs, when the lease is suspended or over; until then the workload can copy them itself.", none);
        if (wish.Volumes.Except(seen.Cluster.VolumeNames).ToArray() is { Length: > 0 } missing)
            return Say(False, "VolumeMissing", $"The lease has no volume {string.Join(", ", missing)}: name those that `kubectl get persistentvolumeclaims` lists.", none);

        // 2. What is to be said, whatever is being done.
        var pending = wish.Volumes.Where(v => Last(draft.Status, v) is not { IsOutdated: false, Sent: not null } done || done.Secret != wish.Secret).ToArray();
        var condition = Standing(draft, wish, pending, run);

        // 3. What goes on goes on, and what has ended stays until it is written down. In overtime nothing is begun, and what was
        //    sent holds the namespace, so that its signature can be read.
        if (IsOver(seen, draft.Status.RetainedUntil)) return new ExportStep([], 0, condition);
        if (run is not null && (run.EndedAt > 0 ? !seen.Status.Exports.Any(e => e.IsOf(run)) : run.Serves(wish))) return new ExportStep([], 0, condition);
        // A tenant that changes its mind all the time does not make pods all the time.
        if (run is { EndedAt: 0 } && isYoung) return new ExportStep([], run.SinceMs + FirstPauseMs, condition);
        if (pending.Length == 0) return new ExportStep(none, 0, condition);

        // 4. The next one, whose turn has come.
        var next = pending.MinBy(v => DueMs(draft.Status, v, wish))!;
        var due = DueMs(draft.Status, next, wish);
        if (due > seen.NowMs) return new ExportStep([], due, condition);
        if (LeaseMachine.Isolation(seen) is { Length: > 0 } isolation) return new ExportStep(isolation, 0, condition);
        return new ExportStep([new EnsureExport(seen.View.Id, seen.View.Terms, next, wish, Deadline(seen, draft.Status))], 0, condition);
    }

    private static bool IsAtRest(StatusDraft draft) => SuspensionRules.IsStill(draft.Seen.Cluster) && draft.Seen.View.Confirmed.State switch
    {
        LeaseState.Active => draft.Suspended is not null,
        LeaseState.Closing => draft.Suspended is not null || LeaseMachine.MustStop(draft.Seen.View, draft.Outlook!),
        LeaseState.Closed => true,
        _ => false,
    };

    private static VolumeExport? Last(LeaseStatus status, string volume) => status.Exports.FirstOrDefault(e => e.Volume == volume);

    // Sending is not billed: who wants the same again, or another place for it, waits too.
    private static long DueMs(LeaseStatus status, string volume, ExportWish wish) => Last(status, volume) switch
    {
        null or { IsOutdated: true } => 0,
        { Sent: not null } sent => sent.EndedAt * 1000 + LongestPauseMs,
        { } failed => failed.EndedAt * 1000 + (failed.Secret == wish.Secret ? Math.Min(LongestPauseMs, FirstPauseMs << Math.Min(failed.Failures - 1, 16)) : FirstPauseMs),
    };

    private static int Deadline(LeaseObservation seen, LeaseStatus status) =>
        (int)((status.RetainedUntil == 0 ? LongestMs : Math.Min(LongestMs, status.RetainedUntil * 1000 + OvertimeMs - seen.NowMs)) / 1000);

    private static LeaseCondition Standing(StatusDraft draft, ExportWish wish, string[] pending, ExportRun? run)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Exported", status, reason, message);
        if (pending.Length == 0) return Say(True, "Exported", $"Sent: {string.Join(", ", wish.Volumes)}. Digests and signatures are in status.exports; keep a copy, they go with the namespace.");
        if (pending.Select(v => Last(draft.Status, v)).FirstOrDefault(e => e is { Problem.Length: > 0, IsOutdated: false }) is { } failed)
            return Say(False, "ExportFailed", $"Volume {failed.Volume}: {failed.Problem}. It is tried again, later each time; mend what is at {failed.Volume} in Secret {failed.Secret}, or name another Secret.");
        return run is { EndedAt: 0, Problem.Length: > 0 }
            ? Say(False, "ExportWaits", $"Volume {run.Volume}: {run.Problem} It goes on by itself; its Secret {run.Secret} has the URL at the key {run.Volume}.")
            : Say(Unknown, "Exporting", $"Still to be sent: {string.Join(", ", pending)}.");
    }
}

/// <param name="DueMs">Unix milliseconds when there is more to do; 0: when something changes.</param>
/// <param name="Condition">Null when nothing is asked for.</param>
internal sealed record ExportStep(LeaseEffect[] Effects, long DueMs, LeaseCondition? Condition);
