using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Domain.Leases;

/// <summary>
/// Where metering goes on once a lease's object has lost what it knew: it was made anew after its namespace was deleted, or set back with the
/// store that it was in. What was settled is on chain, and nothing may be claimed below that.
/// </summary>
public static class Resumption
{
    /// <summary>Reason of Metered False while what is measured does not reach the chain's last receipt.</summary>
    public const string BelowSettled = "BelowSettled";

    /// <summary>The object does not reach as far as the chain's last receipt; one that was below it once is held to it until it says that it covers it.</summary>
    public static bool IsBehind(LeaseView view, LeaseStatus status) =>
        view.Confirmed is { State: LeaseState.Active or LeaseState.Closing, Seq: > 0 } lease
        && (!(status.Usage?.ThroughMs / 1000 >= lease.Through) || SaysBelow(status));

    internal static bool SaysBelow(LeaseStatus status) => status.Conditions.Any(c => c is { Type: "Metered", Reason: BelowSettled });

    /// <summary>A receipt of what is measured would say no less than the last one.</summary>
    public static bool Covers(UsagePosition? position, SettledUsage last) => position is not null && position.ThroughMs / 1000 >= last.Through && position.ToVector().Covers(last.Usage);

    /// <summary>The status that metering goes on from: as far as evidence shows it, else as the last receipt says.</summary>
    /// <param name="root">Of the evidence that a settlement named last; null: none did.</param>
    /// <param name="stand">Where that evidence leads; null: it is kept no more.</param>
    public static LeaseStatus From(LeaseView view, LeaseStatus status, SettledUsage last, string? root, MeterStand? stand)
    {
        var credited = status with { Downtime = Downtime.AtLeast(status.Downtime, last.DownSeconds, last.Through * 1000) };
        if (stand is null)
        {
            return credited with
            {
                Usage = UsagePosition.Resuming(last.Usage, last.Through * 1000), UsageEvidence = root ?? "",
                // Windows are closed at least as often as receipts are settled: no window of before has a number above all that follow.
                UsageWindow = Math.Max(status.UsageWindow, view.Confirmed.Seq),
            };
        }

        // A receipt that names no evidence may be later than all that does: until there the samples are read again.
        if (status.Usage?.ThroughMs >= stand.Position.ThroughMs) return credited;
        return credited with { Usage = stand.Position, UsageEvidence = stand.Root, UsageWindow = stand.Window, Holdings = stand.Holdings };
    }

    /// <summary>
    /// Where metering went on from a receipt alone, the counters of a pod that may have run before count from their first sample on: what they
    /// stood at is in the receipt.
    /// </summary>
    /// <param name="read">Samples of the window that is being closed.</param>
    public static UsagePosition Forget(UsagePosition before, IEnumerable<UsageSeries> read, ClusterFacts cluster)
    {
        if (before.ResumedMs is not { } resumed) return before;
        // When it was bound is rounded up to the next second.
        var began = cluster.Pods.Concat(cluster.Gone).Where(p => p.StartedAtMs > resumed || p.BoundAtMs > resumed + 1000).Select(p => p.Uid);
        string[] older = [.. read.Select(s => s.PodUid).Distinct().Except(began).Except(before.Series.Select(s => s.PodUid)).Except(before.Forgotten).Order(StringComparer.Ordinal)];
        return older.Length == 0 ? before : before with { Forgotten = [.. before.Forgotten, .. older] };
    }
}
