using Federation.Domain.Hostnames;
using Federation.Domain.Placement;
using Federation.Domain.Usage;
using static Federation.Domain.Leases.ConditionStatus;

namespace Federation.Domain.Leases;

/// <summary>All conditions of a lease, each an ordered list of checks. A False says what is wrong, of what, and what helps.</summary>
internal static class LeaseConditions
{
    public static IReadOnlyList<LeaseCondition> Of(StatusDraft draft, LeaseCondition? exported) =>
        [Verified(draft.Seen), Scheduled(draft), Ready(draft), Metered(draft), Settled(draft), Finished(draft), .. ResultPosting.Conditions(draft), .. HostnameRules.Conditions(draft), .. exported is null ? [] : new[] { exported }];

    private static LeaseCondition Verified(LeaseObservation seen)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Verified", status, reason, message);
        var (view, workload) = (seen.View, seen.Workload);
        if (view.Confirmed.State == LeaseState.None)
            return Say(False, "NotOnChain", $"The chain knows no lease {view.Id} at the confirmed depth; nothing is started until it does.");
        if (!view.Confirmed.TermsMatch)
            return Say(False, "TermsDiffer", "spec.chain is not what the lease runs on; it is set from the chain. Do not edit spec.chain.");
        if (!workload.IsDelivered)
            return Say(Unknown, "WaitingForWorkload", $"Apply the ComputeLease with spec.workload in namespace {view.Id.Namespace}; its hash must be {view.Terms.SpecHash}.");
        if (workload.Faults.Count > 0)
            return Say(False, workload.Faults[0].Reason, string.Join(" ", workload.Faults.Take(5).Select(f => f + ".")) + More(workload.Faults.Count - 5));
        return workload.HashProblem(view.Terms) is { } problem
            ? Say(False, "SpecHashDiffers", problem)
            : Say(True, "HashMatches", $"The workload is the one of the lease: {workload.Hash}.");
    }

    private static LeaseCondition Scheduled(StatusDraft draft)
    {
        var seen = draft.Seen;
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Scheduled", status, reason, message);
        if (GivenBack(seen) is { } refused) return Say(False, refused.Reason, refused.Message);
        if (LeaseMachine.Unplaced(seen) is { } amended) return Say(False, amended.Reason, Unplaced(amended, seen.View.Terms));
        if (seen.Place.Missing is { } missing && draft.Suspended is null) return Say(False, missing.Reason, NoPlace(seen, missing));
        var live = seen.Cluster.Pods.Where(p => !p.Ended).ToArray();
        if (live.FirstOrDefault(p => p.Problem?.Reason == "Unschedulable") is { } stuck)
            return Say(False, "Unschedulable", $"Pod {stuck.Name}: {stuck.Problem!.Message}");
        if (LeasePhases.IsCompleted(seen.Cluster)) return Say(True, "Completed", "All jobs have run.");
        if (draft.Suspended is not null) return Say(Unknown, "Suspended", "The capacity is held; nothing is to be placed while the lease is suspended.");
        return live.Length > 0 && live.All(p => p.Node is not null)
            ? Say(True, "Placed", $"On {string.Join(", ", live.Select(p => p.Node).Distinct().Order())}.")
            : Say(Unknown, "NoPods", "No pod has been placed yet.");
    }

    private static LeaseCondition Ready(StatusDraft draft)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Ready", status, reason, message);
        var (seen, phase) = (draft.Seen, LeasePhases.Of(draft.Seen, draft.Suspended, draft.IsUnpaid));
        if (StartRules.IsGivenUp(seen, draft.Status)) return Say(False, "NeverStarted", NeverStarted(draft));
        if (phase is LeasePhase.Closed or LeasePhase.Refused) return Say(False, "LeaseClosed", $"The lease is over: {seen.View.Confirmed.Reason}.");
        if (draft.Status.StoppedAtMs > 0) return Say(False, "Stopped", "The workload was stopped because the lease is closing.");
        if (draft.IsUnpaid) return Say(False, "Stopped", "The workload stands still because its paid time is over or its tenant has closed the lease; its volumes are kept until that is final on chain.");
        if (GivenBack(seen) is { } refused) return Say(False, refused.Reason, refused.Message);
        if (phase == LeasePhase.Reserved) return Say(False, "NotActivated", "The lease is reserved; the datacenter activates it next.");
        if (draft.IsPaidTimeOver) return Say(False, "ChainUnavailable", "What was paid ahead is used up as far as the chain was read, and it cannot be read now: the workload stands still until it can. Nothing is deleted.");
        if (draft.Suspended is { } suspension) return Say(False, "Suspended", Suspended(draft, suspension));
        if (seen.Images.Problem is { } problem) return Say(False, problem.Reason, problem.Message + GivenUpAt(draft));
        if (seen.Cluster.Items.FirstOrDefault(i => i.Failed) is { } failed)
            return Say(False, "JobFailed", $"{failed.Kind} {failed.Name} has given up: {failed.Message} See its logs; close the lease to get the rest of the escrow back.");
        if (seen.Place.Missing is { } missing) return Say(False, missing.Reason, NoPlace(seen, missing) + GivenUpAt(draft));
        if (seen.Cluster.Pods.FirstOrDefault(p => p is { Ended: false, Problem: not null }) is { } pod)
            return Say(False, pod.Problem!.Reason, $"Pod {pod.Name}: {pod.Problem.Message}{GivenUpAt(draft)}");
        if (Stranded(seen.Cluster) is { } stranded) return Say(False, "NodeDown", $"Node {stranded.Node}, where pod {stranded.Name} is, does not answer. What is not measured is not billed, and a service's downtime is credited as the lease's terms say. It goes on with its node, or on another one, when Kubernetes gives the pod up and there is room.");
        if (LeasePhases.IsCompleted(seen.Cluster)) return Say(True, "Completed", "All jobs have run; close the lease to get the rest of the escrow back.");
        // Its successor is another pod: what brought it down would be said nowhere, and happen again.
        var evicted = seen.Cluster.Pods.Where(p => p is { Ended: true, Problem: not null }).MaxBy(p => p.StartedAtMs);
        if (evicted is not null && !LeasePhases.IsRunning(seen.Cluster)) return Say(False, evicted.Problem!.Reason, $"{evicted.Problem.Message} Another one takes its place.");
        return LeasePhases.IsRunning(seen.Cluster)
            ? Say(True, "Running", "Everything that the workload asks for is up." + (evicted is null ? "" : $" Not all the time: {evicted.Problem!.Message}"))
            : Say(False, seen.Workload.IsDelivered ? "Starting" : "WaitingForWorkload", seen.Workload.IsDelivered ? Starting(seen) : "No workload has been delivered yet.");
    }

    // The lost pod stays an object for days while another runs, or starts, in its place.
    private static PodFact? Stranded(ClusterFacts cluster) => cluster.Pods.FirstOrDefault(p => p is { Ended: false, Ready: false, IsNodeDown: true }
        && cluster.Items.Any(i => i.Name == p.Item && !i.IsOver && cluster.Pods.Count(o => o is { Ended: false, Node: not null, IsNodeDown: false } && o.Item == i.Name) < i.Desired - i.Succeeded));

    private static LeaseCondition Metered(StatusDraft draft)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Metered", status, reason, message);
        var (error, below) = (draft.Seen.Metering.Error, draft.Seen.Metering.IsBelowSettled);
        // Said until it is covered, whatever else is in the way: by this word the next look knows it.
        if (error is not null && !(below && Resumption.SaysBelow(draft.Seen.Status)))
            return Say(False, "SourceUnavailable", $"{error} The workload goes on; the window stays open and is read again.");
        if (below)
            return Say(False, Resumption.BelowSettled, $"What this object knew of the lease's usage was lost or set back, and what is measured since is less than the chain's last receipt says. Nothing is claimed before it is as much.{(error is null ? "" : $" {error}")}");
        if (draft.Status.Usage is not { } usage) return Say(Unknown, "NotStarted", "Metering starts with activation.");
        // Of before nobody knows more than the chain.
        var since = usage.ResumedMs is { } resumed
            ? $" Until {DateTimeOffset.FromUnixTimeMilliseconds(resumed):u} usage is what the last receipt on chain said: this object was lost, and no evidence of it is kept here."
            : "";
        const string Next = "What could not be measured is not billed, so usage is a lower bound. Check the kubelet's scrape target in Prometheus.";
        if (usage.Window.Coverage < draft.Seen.Policy.CoverageThreshold)
            return Say(False, "CoverageLow", $"Of {usage.Window.LifeMs / 1000} s of pods in the last window {usage.Window.UnmeasuredMs / 1000} s have no samples of {Name(usage.Window.Meter)}. {Next}{since}");
        if (usage.Coverage < draft.Seen.Policy.CoverageThreshold) return Say(False, "CoverageLow", $"Samples of earlier windows are missing. {Next}{since}");
        return Math.Max(usage.UnmeasuredMs, usage.ExpectedMs - usage.ObservedMs) is > 0 and var lost
            ? Say(True, "Covered", $"All was measured but {lost / 1000} s of pods, which are not billed: usage is a lower bound.{since}")
            : Say(True, "Covered", $"Every window so far was measured.{since}");
    }

    private static string Name(Meter meter) => meter switch { Meter.Memory => "memory", Meter.Egress => "bytes sent", _ => "CPU" };

    private static LeaseCondition Settled(StatusDraft draft)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Settled", status, reason, message);
        var view = draft.Seen.View;
        if (view.Confirmed.Frozen > 0) return Say(False, "InDispute", $"{view.Confirmed.Frozen} of what was claimed is in dispute: it is frozen until it is ruled or drawn. The rest is paid as ever.");
        if (view.Confirmed.State == LeaseState.Closed) return Say(True, "Closed", Claimed(view.Confirmed));
        if (draft.Seen.LastFailure is { } failure) return Say(False, "TransactionFailed", $"{failure} It is tried again; nothing measured is lost.");
        if (draft.Outlook is not { } outlook) return Say(Unknown, "NotActive", "Nothing is owed before activation.");
        if (draft.Suspended is not null && view.Confirmed.State == LeaseState.Active) return Say(False, "EscrowExhausted", $"Only the closing reserve of {outlook.Reserve} is left: the lease is suspended.");
        return outlook.IsExhausted && view.Confirmed.State == LeaseState.Active
            ? Say(False, "EscrowExhausted", $"Only the closing reserve of {outlook.Reserve} is left: the lease is closed with notice unless escrow is topped up.")
            : Say(True, "UpToDate", "Receipts are settled at the agreed interval.");
    }

    private static LeaseCondition Finished(StatusDraft draft)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Finished", status, reason, message);
        if (draft.RemovedFor is { } removed) return Say(True, removed, "The namespace is being removed.");
        var lease = draft.Seen.View.Confirmed;
        return lease.State == LeaseState.Closed
            ? Say(True, StartRules.IsGivenUp(draft.Seen, draft.Status) ? "NeverStarted" : lease.Reason.ToString(), $"Closed; {lease.Claimed - lease.Disallowed} was charged and the rest refunded.{Kept(draft)}")
            : Say(False, lease.State.ToString(), lease.State == LeaseState.Closing ? $"Ends at {lease.EndsAt} (unix): {lease.Reason}." : "The lease goes on.");
    }

    private static string Unplaced(PlacementResult why, LeaseTerms terms) => why.Reason == PlacementReasons.LargerThanLeased
        ? $"Since the lease was amended {why.Message}: it was stopped, its volumes are kept. Deliver the workload that hashes to {terms.SpecHash}."
        : $"The lease is larger than what is free here now: {why.Message}. What ran before goes on; the workload of the amended lease is applied as soon as there is room.";

    // As the machine decides it: what is activated already is served, through its notice.
    private static (string Reason, string Message)? GivenBack(LeaseObservation seen)
    {
        if (seen is not { View.Confirmed.State: LeaseState.Reserved, ActivationMined: false }) return null;
        const string Next = "The reservation is given back with a full refund; ask another datacenter.";
        if (seen.Reservation is { Fits: false } refused) return (refused.Reason, $"{refused.Message} {Next}");
        return seen.Intake == Intake.Draining ? ("Draining", $"This datacenter is being drained. {Next}") : null;
    }

    // Kubernetes says in Events only that a pod waits for these, and for as long as it takes. The same before there is a pod:
    // every word that changes is a write.
    private static string Starting(LeaseObservation seen)
    {
        if (LeaseMachine.IsGrowthPending(seen)) return "Volumes are made and grow, and the workload starts, once the amendment is final on chain.";
        var started = seen.Cluster.Pods.Where(p => p.HasStarted).Select(p => p.Item).ToHashSet(StringComparer.Ordinal);
        var files = (seen.Workload.Spec?.Containers ?? []).Where(c => !started.Contains(c.Name)).SelectMany(c => c.Files).Select(f => $"{f.Kind} {f.Name}").Distinct().ToArray();
        return files.Length == 0 ? "Pods are starting." : $"Pods are starting; they wait until {string.Join(", ", files)} {(files.Length == 1 ? "is" : "are")} there.";
    }

    private static string GivenUpAt(StatusDraft draft) => StartRules.GivenUpAt(draft.Seen, draft.Status) is { } at
        ? $" If nothing has started by {DateTimeOffset.FromUnixTimeSeconds(at):u}, the lease is closed and its escrow refunded."
        : "";

    private static string NoPlace(LeaseObservation seen, PlacementResult why) => seen.Place.Wish switch
    {
        { Instead: true } => $"The amended workload has no place as a whole: {why.Message}. What ran before goes on; the new one is applied as soon as there is room.",
        _ when why.Reason == PlacementReasons.ExceedsDatacenter =>
            $"Nothing of the workload is started, and waiting does not help: {why.Message}. Amend the lease to smaller pods, or close it: what was not used is refunded.",
        _ => $"Nothing of the workload is started before all of it has its place: {why.Message}. It is started as soon as there is room; fewer or smaller pods may find it sooner.",
    };

    private static string NeverStarted(StatusDraft draft) => StartRules.HasNoPlace(draft.Seen)
        ? $"This datacenter had no place for the whole workload for {draft.Seen.Policy.Keep.StartMs / 1000} s, so it closes the lease; what was not used is refunded. Rent elsewhere, or with fewer or smaller pods."
        : $"The workload had its place for {draft.Seen.Policy.Keep.StartMs / 1000} s and no container of it has started, so the datacenter closes the lease; what was not used is refunded. Mend what kept it (its image, its Secrets) and rent again.";

    private static string Suspended(StatusDraft draft, Suspension suspension)
    {
        var (view, until) = (draft.Seen.View, DateTimeOffset.FromUnixTimeSeconds(suspension.Until));
        var kept = suspension.Volumes.Count == 0 ? "Nothing runs." : "Nothing runs; its volumes are kept and paid for.";
        if (view.Confirmed.State != LeaseState.Active) return $"{kept} The escrow was not topped up in time and the lease is closing.";
        var missing = SuspensionRules.Missing(draft.Seen, suspension, draft.Outlook!, draft.Status.Usage?.ThroughMs / 1000 ?? view.BlockTime);
        return $"The escrow is down to the closing reserve. {kept} Top up by {missing} of {view.Terms.Token} before {until:u} and it goes on; else the lease is closed.";
    }

    private static string Kept(StatusDraft draft) => draft.Status.RetainedUntil > 0 && draft.Seen.Cluster.Volumes.Count is > 0 and var count
        ? $" Its {count} volumes are kept until {DateTimeOffset.FromUnixTimeSeconds(draft.Status.RetainedUntil):u}; then they are deleted."
        : "";

    private static string Claimed(ChainLease lease) => lease.Ring.Pending > 0
        ? $"{lease.Claimed} was claimed in all; {lease.Ring.Pending} of it is still to mature."
        : $"{lease.Paid} was paid in all.";

    private static string More(int count) => count > 0 ? $" And {count} more." : "";
}
