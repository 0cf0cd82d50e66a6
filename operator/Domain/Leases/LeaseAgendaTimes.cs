using Federation.Domain.Settlement;

namespace Federation.Domain.Leases;

/// <summary>When a lease is looked at again if nothing wakes it before.</summary>
internal static class LeaseAgendaTimes
{
    private const long UnsettledMs = 1_000;
    private const long SettledMs = 30_000;
    // What runs and owes nothing is woken by everything that can happen to it, in the cluster or on chain: this is for a wake-up that was lost.
    private const long QuietMs = 300_000;
    // Such looks come together, a little early: a thousand leases that each wake the process at a time of their own cost it most by the waking.
    private const long QuietBeatMs = 10_000;

    public static long NextLook(LeaseObservation seen, LeaseStatus status, EscrowOutlook? outlook, long exportDueMs)
    {
        // Nothing is due before the chain is back; what changes in the cluster wakes.
        if (seen.IsChainAway) return seen.NowMs + SettledMs;
        var soonest = IsMoving(seen, status) ? seen.NowMs + UnsettledMs : IsQuiet(seen, status, outlook) ? (seen.NowMs + QuietMs) / QuietBeatMs * QuietBeatMs : seen.NowMs + SettledMs;
        if (seen.View.Confirmed.State is LeaseState.Active or LeaseState.Closing && status.Usage is { } usage && !status.UsageIsFinal)
            soonest = Math.Min(soonest, NextWindow(seen, Math.Min(usage.ThroughMs + (outlook is null ? seen.Policy.EpochMs : seen.Policy.WindowMs(outlook, status.Suspension)), EndOf(seen, status)) + Math.Max(seen.Policy.ScrapeDelayMs, LagMs(seen))));
        if (seen.View.Confirmed is { State: LeaseState.Closed } lease && lease.Ring.MaturedAt(seen.View.Terms.Parameters.MaturitySeconds) is > 0 and var matured)
            soonest = Math.Min(soonest, Math.Max(seen.NowMs + UnsettledMs, matured * 1000));
        if (status.Suspension is { Lasts: true } suspension && seen.View.Confirmed.State == LeaseState.Active)
            soonest = Math.Min(soonest, Math.Max(seen.NowMs + UnsettledMs, suspension.Until * 1000));
        if (seen.View.Confirmed.State == LeaseState.Active && NextOnChain(seen) is > 0 and var due)
            soonest = Math.Min(soonest, Math.Max(seen.NowMs + UnsettledMs, due + LagMs(seen)));
        if (JobDeadlines.NextMs(seen) is { } deadline) soonest = Math.Min(soonest, deadline > seen.NowMs ? deadline : seen.NowMs + SettledMs);
        if (exportDueMs > 0) soonest = Math.Min(soonest, Math.Max(seen.NowMs + UnsettledMs, exportDueMs));
        return soonest;
    }

    // By so much the chain's clock is behind: the depth that is asked for, and where it stands still all that time.
    private static long LagMs(LeaseObservation seen) => Math.Max(0, seen.NowMs - (seen.View.BlockTime * 1000));

    // By the chain's clock, which wakes nobody: a receipt that is worth sending, then the latest that it waits for others, and the term's end.
    private static long NextOnChain(LeaseObservation seen)
    {
        var (view, lease) = (seen.View, seen.View.Confirmed);
        var settle = (Math.Max(lease.Through, lease.ActivatedAt) * 1000) + seen.Policy.SettleEveryMs;
        var collect = lease.Ring.Pending > 0 ? (lease.Ring.MaturedAt(view.Terms.Parameters.MaturitySeconds) * 1000) + seen.Policy.SettleEveryMs : 0;
        long[] times = [settle, settle + seen.Policy.SettlePatienceMs, collect, view.PaidUntil * 1000, (view.PaidUntil + LeaseMachine.ShortFinality) * 1000];
        return times.Where(t => t > view.BlockTime * 1000).DefaultIfEmpty().Min();
    }

    // A chain that falls silent stops what its tenant has paid no more for: who is that near is looked at more often.
    private static bool IsQuiet(LeaseObservation seen, LeaseStatus status, EscrowOutlook? outlook) =>
        seen is { View: { Confirmed: { State: LeaseState.Active, TermsMatch: true }, Finalized: { State: LeaseState.Active, TermsMatch: true } }, Reservation: null or { Fits: true }, LastFailure: null, Metering.Error: null }
        && status is { Phase: LeasePhase.Running, Post: null or { IsSettled: true } or { Refusal: not null }, Suspension: not { Lasts: true }, Usage: not null, Hostnames.Count: 0 }
        && (status.Post is not null || seen.Results?.Outcome is null || !seen.Workload.PostsResult(seen.View.Terms))
        && seen.Images.IsComplete && seen.Place.Wish is null && seen.Cluster.AppliedSpecHash == seen.View.Terms.SpecHash
        && status.Usage.ThroughMs <= seen.View.BlockTime * 1000
        && outlook is not null && Math.Min(seen.View.PaidUntil * 1000, Ahead(status.Usage.ThroughMs, outlook.FullLoadMsLeft)) > seen.NowMs + (2 * QuietMs);

    private static long Ahead(long fromMs, long ms) => ms > long.MaxValue - fromMs ? long.MaxValue : fromMs + ms;

    private static long EndOf(LeaseObservation seen, LeaseStatus status) =>
        status.StoppedAtMs > 0 ? Math.Min(status.StoppedAtMs, seen.View.Confirmed.EndsAt * 1000) : long.MaxValue;

    // One that waits for samples that are late is read again, and less and less often.
    private static long NextWindow(LeaseObservation seen, long dueMs) => Math.Max(seen.NowMs + Math.Max(UnsettledMs, (seen.NowMs - dueMs) / 4), dueMs);

    private static bool IsMoving(LeaseObservation seen, LeaseStatus status) =>
        seen.View.Confirmed.State switch
        {
            LeaseState.Reserved => true,
            // Stopped, it waits for its samples alone.
            LeaseState.Closing => status.StoppedAtMs == 0 || status.UsageIsFinal,
            // A result that is mined shows once its block is confirmed, which wakes nobody.
            LeaseState.Active => (seen.Workload.IsDelivered && status.Phase is LeasePhase.Starting) || status.Post is { Transaction: not null, Posted: null } || status.Suspension is { Lasts: true, StoppedAtMs: 0 },
            LeaseState.Closed => seen.View.Finalized.State != LeaseState.Closed || seen.NowMs + SettledMs >= status.RetainedUntil * 1000,
            _ => true,
        };
}
