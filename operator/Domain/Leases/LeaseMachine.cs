using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>
/// One look at a lease: facts in, decision out. Opening follows the confirmed view, and so does standing still; only the finalized one ends anything.
/// <code>
/// None ──match──▶ Reserved ──activate──▶ Active ──close──▶ Closing ──final receipt──▶ Closed ──retention──▶ gone
///                    └──refuse, no capacity──▶ Closed       (workload stops: at once for its tenant, else at the notice's end)
/// Active, escrow down to the reserve ──grace──▶ stands still ──top-up──▶ goes on, or ──grace over──▶ close
/// Active or Closing, its paid time over ──▶ stands still ──finality──▶ workload stops, or a reorg ──▶ goes on
/// Active, chain away ──▶ goes on ──paid time over──▶ stands still ──chain back──▶ as above
/// Active, placed and nothing ever started ──spec.keep.startSeconds──▶ close, by the provider with notice
/// </code>
/// </summary>
public static class LeaseMachine
{
    /// <summary>Seconds: a finality that comes so soon stops the workload by itself, and standing still before would be one more write for each of its objects.</summary>
    internal const long ShortFinality = 15;

    public static LeaseDecision Decide(LeaseObservation seen)
    {
        if (seen.IsChainAway) return Endure(seen);
        if (seen.View.WasReorgedAway) return Remove(seen, "ReorgedAway");
        if (!seen.View.Confirmed.TermsMatch) return Stay(seen);
        return seen.View.Confirmed.State switch
        {
            LeaseState.Reserved => Reserve(seen),
            LeaseState.Active => Run(seen),
            LeaseState.Closing => WindDown(seen),
            LeaseState.Closed => Leave(seen),
            _ => Stay(seen),
        };
    }

    /// <summary>What is wanted of the chain for a lease that cannot be housed: it is given back while that is possible.</summary>
    public static IReadOnlyList<LeaseIntent> GivingBack(LeaseView view) => view.Confirmed is not { State: LeaseState.Reserved, TermsMatch: true } ? []
        : view.BlockTime >= view.Terms.ActivateBy ? [new CloseIntent(view.Id, view.Terms, CloseReason.NotActivated)]
        : [new RefuseIntent(view.Id, view.Terms)];

    private static LeaseDecision Reserve(LeaseObservation seen)
    {
        var (view, draft) = (seen.View, StatusDraft.From(seen));
        if (seen.ActivationMined) draft = draft.WithSilence();
        if (view.BlockTime >= view.Terms.ActivateBy) return draft.Decide([], GivingBack(view));
        // The match is confirmed and its escrow held: the clock runs in the latest block, so the workload need not wait for depth.
        if (seen.ActivationMined) return draft.Decide(Going(seen, draft), []);
        if (seen.Reservation is not { } reservation) return draft.Decide([], []);
        return reservation.Fits && seen.Intake != Intake.Draining
            ? draft.Decide(Isolation(seen), [new ActivateIntent(view.Id, view.Terms)])
            : draft.Decide([], GivingBack(view));
    }

    private static LeaseDecision Run(LeaseObservation seen)
    {
        var draft = StatusDraft.From(seen).WithSuspension(seen).WithSilence();
        if (draft.Suspended is null) draft = draft.WithOutdatedExports();
        LeaseIntent[] ending = draft.Suspended is { } suspension ? GivingUp(seen, draft, suspension) : Ending(seen, draft);
        return draft.Decide(Going(seen, draft), [.. ending, .. ResultPosting.Wanted(seen), .. Settlement(seen, draft)]) with { Receipt = Shown(seen, draft) };
    }

    private static LeaseDecision WindDown(LeaseObservation seen)
    {
        var draft = StatusDraft.From(seen).WithSuspension(seen);
        if (!MustStop(seen.View, draft.Outlook!))
        {
            // Who did not top up in time does not get its notice served either: it is refunded.
            draft = draft.WithSilence();
            return draft.Decide(Going(seen, draft), [.. ResultPosting.Wanted(seen), .. Settlement(seen, draft)]) with { Receipt = Shown(seen, draft) };
        }

        draft = draft.WithEnd(seen);
        var effects = Stopping(seen);
        return draft.Decide(effects, [.. ResultPosting.Wanted(seen), .. Settlement(seen, draft)]) with { Receipt = Shown(seen, draft) };
    }

    private static LeaseDecision Leave(LeaseObservation seen)
    {
        var draft = StatusDraft.From(seen);
        if (seen.View.Finalized.State != LeaseState.Closed) return draft.Decide(draft.IsUnpaid ? Standstill(seen) : [], []);
        draft = draft.WithClose(seen);
        // What has not matured by then is collected without an object: nothing of the tenant's is kept for the provider's pay.
        if (seen.NowMs >= draft.Status.RetainedUntil * 1000 && !ExportRules.HoldsUp(seen, draft.Status.RetainedUntil)) return Remove(seen, "RetentionOver");
        var effects = Stopping(seen);
        return draft.Decide(effects, Collecting(seen.View, afterSeconds: 0));
    }

    // The chain cannot be heard. What was agreed goes on, apart from others, until what was paid ahead is used up; then it stands
    // still, as a suspended one does, and so does what was over already. Nothing is ended or removed on doubt.
    private static LeaseDecision Endure(LeaseObservation seen)
    {
        var (view, draft) = (seen.View, StatusDraft.From(seen));
        if (!view.Confirmed.TermsMatch || view.WasReorgedAway) return Stay(seen);
        if (view.Confirmed.State == LeaseState.Closed || (view.Confirmed.State == LeaseState.Closing && (WasStopped(seen) || MustStop(view, draft.Outlook!)))) return draft.Decide(Rest(seen), []);
        if (view.Confirmed.State is not (LeaseState.Active or LeaseState.Closing) && !seen.ActivationMined) return Stay(seen);
        draft = draft.WithSilence();
        return draft.Decide(Going(seen, draft), []);
    }

    // Its end was final then, which nobody remembers.
    private static bool WasStopped(LeaseObservation seen) => seen.Status.StoppedAtMs > 0 || (seen.Cluster.Items.Count > 0 && seen.Cluster.Items.All(i => i.IsSuspended));

    // What runs by terms that are no more may be as large as they were only where it is not larger than those of now.
    private static LeaseEffect[] Going(LeaseObservation seen, StatusDraft draft) =>
        draft.IsPaidTimeOver || draft.IsUnpaid || draft.Suspended is not null || Unplaced(seen)?.Reason == PlacementReasons.LargerThanLeased ? Rest(seen) : [.. Isolation(seen), .. Workload(seen), .. JobDeadlines.Reminders(seen), .. HostnameRules.Effects(seen)];

    // A view that says nothing certain: keep what is there and look again.
    private static LeaseDecision Stay(LeaseObservation seen) => StatusDraft.From(seen).Decide([], []);

    private static LeaseDecision Remove(LeaseObservation seen, string reason)
    {
        var draft = StatusDraft.From(seen, reason);
        return draft.Decide(seen.Cluster is { NamespaceExists: true, NamespaceTerminating: false } ? [new RemoveNamespace(seen.View.Id)] : [], []);
    }

    /// <summary>Why the amended terms of a running lease have no place here now; null when they have. A workload of the right size that goes in now is no reason; one that may never go in is.</summary>
    internal static PlacementResult? Unplaced(LeaseObservation seen) =>
        seen is { View.Confirmed.State: LeaseState.Active or LeaseState.Closing, Reservation: { Fits: false } why }
        && (why.Reason != PlacementReasons.LargerThanLeased || seen.Workload.Hash != seen.View.Terms.SpecHash || seen.Workload.Faults.Count > 0
            || IsGrowthPending(seen) || seen.Images is { IsComplete: false, IsAwaited: false }) ? why : null;

    internal static LeaseEffect[] Isolation(LeaseObservation seen) =>
        seen.Cluster is { IsolationHash: null, NamespaceTerminating: false } ? [new EnsureIsolation(seen.View.Id, seen.View.Terms)] : [];

    private static LeaseEffect[] Workload(LeaseObservation seen)
    {
        var (view, workload) = (seen.View, seen.Workload);
        if (workload.Spec is null || workload.Faults.Count > 0 || workload.Hash != view.Terms.SpecHash) return [];
        if (seen.Cluster.NamespaceTerminating || (seen.Cluster.AppliedSpecHash == workload.Hash && !seen.Cluster.Items.Any(i => i.IsSuspended))) return [];
        if (!seen.Images.IsComplete || IsGrowthPending(seen)) return [];
        // What stood still when its time ended is not started again to be closed.
        if (view.Confirmed.ActivatedAt > 0 && view.BlockTime >= view.PaidUntil) return [];
        // In place of what runs, it would run nowhere.
        if (Unplaced(seen) is not null && seen.Cluster.AppliedSpecHash is { } running && running != workload.Hash) return [];
        // Whole or not at all: half of it would run and be paid for while the rest waits.
        if (!seen.Place.MayMake) return [];
        return [new EnsureWorkload(view.Id, view.Terms, ImagePins.Apply(seen.Images.Pins, workload.Spec), workload.Hash, workload.GpuPlacements)
        {
            Nodes = seen.Place.Found?.Placement.Nodes ?? new Dictionary<string, IReadOnlyList<string>>(), Reserve = Reserve(seen.Place),
        }];
    }

    private static IReadOnlyList<NodeShare>? Reserve(PlaceNews place) => place.Found is { IsWithin: false } found ? found.Shares : null;

    /// <summary>
    /// Volumes are to grow, or are to be made for an amended workload, and the amendment that says so may still be undone: as long as the
    /// match itself may be, all that came after it may too. What the match was for waits for nothing.
    /// </summary>
    internal static bool IsGrowthPending(LeaseObservation seen) =>
        seen.Workload.Spec is { } workload && seen.View.Finalized is not { State: not LeaseState.None, TermsMatch: true }
        && (VolumeRules.Grows(workload, seen.Cluster.Claims) || (seen.View.Earlier.Any(t => t.SpecHash != seen.View.Terms.SpecHash) && VolumeRules.Adds(workload, seen.Cluster.Claims)));

    private static LeaseEffect[] Stopping(LeaseObservation seen) =>
        IsStopped(seen.Cluster) && seen.Cluster.Routes.Count == 0 ? [] : [new StopWorkload(seen.View.Id)];

    private static LeaseEffect[] Rest(LeaseObservation seen) =>
        [
            .. Isolation(seen),
            .. Standstill(seen),
            .. HostnameRules.Effects(seen),
        ];

    private static LeaseEffect[] Standstill(LeaseObservation seen) =>
        seen.Cluster.NamespaceTerminating || SuspensionRules.IsScaledDown(seen.Cluster) ? [] : [new SuspendWorkload(seen.View.Id)];

    // With the grace over, what is owed is settled, and that brings the escrow down to the reserve. Where somebody added too
    // little it does not: then the lease ends as one that its provider leaves, with notice.
    private static LeaseIntent[] GivingUp(LeaseObservation seen, StatusDraft draft, Suspension suspension)
    {
        var view = seen.View;
        if (Ending(seen, draft) is { Length: > 0 } ending) return ending;
        return view.BlockTime >= suspension.Until && !draft.Outlook!.IsExhausted ? [new CloseIntent(view.Id, view.Terms, CloseReason.Provider)] : [];
    }

    private static LeaseIntent[] Ending(LeaseObservation seen, StatusDraft draft)
    {
        var (view, lease) = (seen.View, seen.View.Confirmed);
        var termOver = view.BlockTime >= lease.ActivatedAt + view.Terms.DurationSeconds;
        // The contract closes on settled escrow only, so a projected end is settled first and closed on the next look.
        var escrowOver = lease.Escrow <= draft.Outlook!.Reserve;
        if (termOver || escrowOver) return [new CloseIntent(view.Id, view.Terms, termOver ? CloseReason.Term : CloseReason.Escrow)];
        return seen.Intake == Intake.Draining || StartRules.IsGivenUp(seen, draft.Status) ? [new CloseIntent(view.Id, view.Terms, CloseReason.Provider)] : [];
    }

    private static LeaseIntent[] Collecting(LeaseView view, long afterSeconds) =>
        Collection.IsDue(view.Confirmed, view.Terms, view.BlockTime - afterSeconds) ? [new CollectIntent(view.Id, view.Terms)] : [];

    private static LeaseIntent[] Settlement(LeaseObservation seen, StatusDraft draft)
    {
        var (view, status) = (seen.View, draft.Status);
        // The next settlement pays what has matured too: only a lease that has none for an interval is collected from.
        var collecting = Collecting(view, afterSeconds: seen.Policy.SettleEveryMs / 1000);
        if (NextReceipt(seen, draft) is not { } receipt) return collecting;
        // Settled, the escrow would be down to the reserve, and anybody could close the lease before its grace is over.
        if (draft.Suspended is { } suspension && draft.Outlook!.IsExhausted && view.Confirmed.State == LeaseState.Active && view.BlockTime < suspension.Until) return collecting;
        var measured = status.Usage!.ThroughMs / 1000;
        var waited = (receipt.Through - Math.Max(view.Confirmed.Through, view.Confirmed.ActivatedAt)) * 1000;
        // Near its end a lease is settled at once: what the contract has not seen by then goes back to the tenant.
        var isLast = draft.Outlook!.IsExhausted || (view.Confirmed.State == LeaseState.Closing && measured >= view.Confirmed.EndsAt);
        var worthIt = draft.Outlook.Unclaimed > 0 && (waited >= seen.Policy.SettleEveryMs || (isLast && waited > 0));
        var isFinal = receipt.IsFinal;
        if (!worthIt && !isFinal) return collecting;
        // The contract caps pay by the seconds claimed, and nothing follows a final receipt: it waits until all can be claimed.
        if (isFinal && view.BlockTime < measured && !IsOutOfTime(view)) return [];
        var isEnd = isFinal || (view.Confirmed.State == LeaseState.Closing && measured >= view.Confirmed.EndsAt);
        var latestAt = SettleBy(seen, isEnd, measured);
        return
        [
            new SettleIntent(view.Id, view.Terms, receipt)
            {
                LatestAt = latestAt,
                Value = draft.Outlook.Unclaimed + view.Confirmed.Ring.Matured(view.BlockTime, view.Terms.Parameters.MaturitySeconds),
                // Only an active lease ends by what is settled; while it closes, nobody but the receipts takes from its escrow.
                Urgency = draft.Outlook.IsExhausted && view.Confirmed.State == LeaseState.Active ? SettleUrgency.Bound
                    : view.BlockTime < latestAt ? SettleUrgency.Waiting
                    : isEnd ? SettleUrgency.Bound : SettleUrgency.Due,
            },
        ];
    }

    // Whoever has it signed may settle it: none that the machine would not settle, nor a last one that leaves seconds unclaimed.
    private static Receipt? Shown(LeaseObservation seen, StatusDraft draft) =>
        draft.Suspended is null && NextReceipt(seen, draft) is { } receipt && receipt.Through >= draft.Status.Usage!.ThroughMs / 1000 ? receipt : null;

    // The contract's clock is the block's: a receipt never claims a second that the chain has not reached.
    private static Receipt? NextReceipt(LeaseObservation seen, StatusDraft draft)
    {
        var (view, status) = (seen.View, draft.Status);
        if (status.Usage is not { } usage || seen.Metering.IsBelowSettled) return null;
        var through = Receipt.ThroughOf(view, usage.ThroughMs / 1000);
        var evidence = status.UsageEvidence.Length > 0 ? status.UsageEvidence : Receipt.NoEvidence;
        return new Receipt(view.Id, view.Confirmed.Seq + 1, through, usage.ToVector(), DowntimeRules.Seconds(seen, status.Downtime, through), evidence, status.UsageIsFinal && MayLeave(view));
    }

    // The last receipt may wait for others too; but the tenant's refund comes with it, and after the time to submit it pays nothing.
    private static long SettleBy(LeaseObservation seen, bool isEnd, long measured)
    {
        var (view, patience) = (seen.View, seen.Policy.SettlePatienceMs / 1000);
        return isEnd
            ? Math.Min(measured, view.Confirmed.EndsAt) + Math.Min(patience, view.Terms.Parameters.SubmitSeconds / 4)
            : Math.Max(view.Confirmed.Through, view.Confirmed.ActivatedAt) + (seen.Policy.SettleEveryMs / 1000) + patience;
    }

    // The notice is the tenant's, as far as its escrow lasts.
    internal static bool MustStop(LeaseView view, EscrowOutlook outlook) =>
        view.Finalized.State is LeaseState.Closing or LeaseState.Closed
        && (view.Finalized.Reason == CloseReason.Tenant || outlook.IsEmpty || view.BlockTime >= view.Finalized.EndsAt);

    /// <summary>
    /// By the confirmed block nobody pays for what runs from here on, or its tenant has ended it. A reorg may still say otherwise, and
    /// it then goes on; but up to the close's finality, minutes on some chains, it would run for nothing.
    /// </summary>
    internal static bool IsUnpaid(LeaseView view, EscrowOutlook? outlook)
    {
        var lease = view.Confirmed;
        var isOver = lease.ActivatedAt > 0 && lease.State switch
        {
            LeaseState.Active => view.BlockTime >= view.PaidUntil,
            LeaseState.Closing => view.BlockTime >= view.PaidUntil || lease.Reason == CloseReason.Tenant || outlook is { IsEmpty: true },
            LeaseState.Closed => true,
            _ => false,
        };
        return isOver && (view.BlockTime - view.FinalizedTime > ShortFinality || view.BlockTime >= view.PaidUntil + ShortFinality);
    }

    // Before the notice is over, a final receipt of a lease that the tenant did not end is leaving without notice, and costs a penalty.
    private static bool MayLeave(LeaseView view) =>
        view.Confirmed.Reason == CloseReason.Tenant || view.BlockTime >= view.Confirmed.EndsAt;

    /// <summary>Half of the time to submit the final receipt is over: what is measured by now has to do.</summary>
    public static bool IsOutOfTime(LeaseView view) => view.BlockTime >= view.Confirmed.EndsAt + view.Terms.Parameters.SubmitSeconds / 2;

    internal static bool IsStopped(ClusterFacts cluster) => cluster.Items.Count == 0 && cluster.Pods.Count == 0;
}
