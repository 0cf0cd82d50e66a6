using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Pricing;
using Federation.Domain.Results;
using Federation.Domain.Settlement;

namespace Federation.Domain.Leases;

/// <summary>The status that a look leads to, before the conditions are put on.</summary>
internal sealed record StatusDraft(LeaseObservation Seen, LeaseStatus Status, EscrowOutlook? Outlook, string? RemovedFor)
{
    // A pod that came and went unseen is never shown: its tenant waits no longer than this for the refund.
    private const long LongestLagMs = 300_000;

    // A node that restarts is away for so long: no reason to stop a workload that is at the end of its money.
    private const long ShortSilenceMs = 300_000;

    public static StatusDraft From(LeaseObservation seen, string? removedFor = null)
    {
        var (view, before) = (seen.View, seen.Status);
        var usage = seen.Metering.Position ?? before.Usage;
        var counts = view.Confirmed.State is LeaseState.Active or LeaseState.Closing or LeaseState.Closed && view.Confirmed.ActivatedAt > 0;
        var downtime = DowntimeRules.Next(seen);
        var through = usage?.ThroughMs / 1000;
        var outlook = counts ? EscrowOutlook.Of(view, usage?.ToVector() ?? UsageVector.Zero, through, DowntimeRules.Seconds(seen, downtime, through ?? 0)) : null;
        var hasFolded = usage?.ThroughMs > before.Usage?.ThroughMs;
        var hostnames = HostnameRules.Standing(seen);
        var pods = seen.Cluster.PodsSince(before.Usage?.ThroughMs ?? 0);
        var holdings = Holdings.Merge(seen.Metering.Holdings ?? before.Holdings, pods, Math.Max(seen.NowMs, view.BlockTime * 1000), Math.Max(seen.NowMs, seen.Cluster.LookedAtMs));
        var status = before with
        {
            ObservedGeneration = seen.Generation,
            Endpoints = [.. seen.Cluster.Endpoints, .. HostnameRules.Endpoints(seen, hostnames)],
            Placement = seen.Cluster.Pods.Where(p => p.Node is not null && !p.Ended).ToDictionary(p => p.Name, p => p.Node!),
            Usage = usage,
            UsageEvidence = seen.Metering.Evidence,
            UsageWindow = seen.Metering.Window,
            SettledSeq = view.Confirmed.Seq,
            // What is remembered lacks a part of it.
            Money = seen.IsChainAway && before.Money is { } money ? money : MoneyOf(view, outlook),
            Chain = seen.IsChainAway ? before.Chain : ChainMemory.Of(view.Confirmed) ?? before.Chain,
            Holdings = Holdings.Prune(holdings, seen.Cluster.Pods, usage, hasFolded),
            Results = seen.Results,
            Post = PostOf(before.Post, seen.Post),
            Images = seen.Images.Pins,
            Hostnames = hostnames,
            Exports = ExportRules.Recorded(seen),
            Downtime = downtime,
            HasStarted = StartRules.HasStarted(before, seen.Cluster),
        };
        return new StatusDraft(seen, status with { StartingSince = StartRules.Since(seen, status) }, outlook, removedFor);
    }

    /// <summary>What was paid ahead is used up, and the chain cannot say that more was.</summary>
    public bool IsPaidTimeOver { get; init; }

    /// <summary>Nobody pays for what runs now, and no finalized block says so yet.</summary>
    public bool IsUnpaid => LeaseMachine.IsUnpaid(Seen.View, Outlook);

    /// <summary>Why the workload stands still; null when it does not.</summary>
    public Suspension? Suspended => Status.Suspension is { Lasts: true } suspension ? suspension : null;

    public StatusDraft WithSuspension(LeaseObservation seen)
    {
        var suspension = SuspensionRules.Next(seen, Status, Outlook!);
        var money = suspension is { Lasts: true } && Status.Money is { ExpectedEnd: > 0 } held ? held with { ExpectedEnd = suspension.Until } : Status.Money;
        return this with { Status = Status with { Suspension = suspension, Money = money } };
    }

    /// <summary>The workload runs: what was sent of its volumes is what they held before.</summary>
    public StatusDraft WithOutdatedExports() => this with { Status = Status with { Exports = [.. Status.Exports.Select(e => e with { IsOutdated = true })] } };

    /// <summary>
    /// A chain that is not heard, or stands still, tells of no close, no top-up and no time. What a lease uses counts until a close
    /// that nobody can see now, so it is taken to use all that it has reserved; before its activation was seen, all that it paid.
    /// </summary>
    public StatusDraft WithSilence()
    {
        // Where it stood still already, whoever began since has listened for less.
        var stoodStill = Seen is { IsChainAway: true, Status: { Phase: LeasePhase.Suspended, Suspension: null } };
        if (Seen.ChainSilenceMs < ShortSilenceMs && !stoodStill) return this;
        // Also where this machine's clock was set back meanwhile.
        var now = Math.Max(Seen.NowMs, (Seen.View.BlockTime * 1000) + Seen.ChainSilenceMs);
        var isOver = Outlook is not { } outlook || now >= Seen.View.PaidUntil * 1000 || (Status.Usage is { } usage && now - usage.ThroughMs >= outlook.FullLoadMsLeft);
        return this with { IsPaidTimeOver = isOver };
    }

    /// <summary>
    /// The last window is closed when all samples up to the end are in, or when the time to submit runs out. The end is the last
    /// paid second, or before it the moment when nothing ran any more; a pod that will not go holds up no receipt. A cluster's
    /// cache that lags shows nothing running either: while samples say that there were pods that it never showed, or none of what was
    /// applied was ever seen and it is not known to have shown all until then, it is given time to catch up, and what it shows then counts.
    /// </summary>
    public StatusDraft WithEnd(LeaseObservation seen)
    {
        // From here on the volumes are not the tenant's to pay for.
        if (Suspended is { } suspension) return (this with { Status = Status with { Suspension = suspension with { EndedAtMs = seen.NowMs } } }).WithEnd(seen);
        var stoppedAt = Status.StoppedAtMs;
        if (!LeaseMachine.IsStopped(seen.Cluster)) stoppedAt = Status.UsageIsFinal ? stoppedAt : 0;
        else if (stoppedAt == 0) stoppedAt = Math.Max(seen.NowMs, Status.Usage?.ThroughMs ?? 0);
        var paidUntil = seen.View.Confirmed.EndsAt * 1000;
        var end = stoppedAt > 0 ? Math.Min(stoppedAt, paidUntil) : paidUntil;
        var mayHaveRun = Status.Usage?.HasUnheld == true || (!Status.HasStarted && seen.Workload.Hash == seen.View.Terms.SpecHash && seen.Cluster.AsOfMs < end);
        var measured = Status.Usage?.ThroughMs >= end && (!mayHaveRun || seen.NowMs >= end + LongestLagMs);
        var outOfTime = LeaseMachine.IsOutOfTime(seen.View);
        return this with { Status = Status with { StoppedAtMs = stoppedAt, UsageIsFinal = Status.UsageIsFinal || measured || (outOfTime && Status.Usage is not null && !seen.Metering.IsBelowSettled) } };
    }

    public StatusDraft WithClose(LeaseObservation seen)
    {
        if (Status.RetainedUntil > 0) return this;
        var closedAt = Status.ClosedAtMs > 0 ? Status.ClosedAtMs : seen.NowMs;
        return this with { Status = Status with { ClosedAtMs = closedAt, RetainedUntil = (closedAt + RetentionOf(seen) + 999) / 1000 } };
    }

    public LeaseDecision Decide(IReadOnlyList<LeaseEffect> effects, IReadOnlyList<LeaseIntent> intents)
    {
        var export = ExportRules.Next(this);
        var status = Status with { Phase = IsPaidTimeOver ? LeasePhase.Suspended : LeasePhases.Of(Seen, Suspended, IsUnpaid), Conditions = LeaseConditions.Of(this, export.Condition) };
        return new LeaseDecision([.. effects, .. Seen.IsChainAway ? [] : export.Effects], intents, status, LeaseAgendaTimes.NextLook(Seen, status, Outlook, export.DueMs));
    }

    // Only volumes are worth keeping.
    private static long RetentionOf(LeaseObservation seen) =>
        seen.Cluster.Volumes.Count == 0 ? seen.Policy.RetentionMs : Math.Max(seen.Policy.RetentionMs, seen.Policy.Keep.RetentionMs);

    private static ResultPost? PostOf(ResultPost? before, PostNews news) => news.Post is null ? before : news.Post == ResultPost.None ? null : news.Post;

    private static LeaseMoney MoneyOf(LeaseView view, EscrowOutlook? outlook) => new(
        view.Confirmed.Escrow,
        view.Confirmed.Claimed,
        view.Confirmed.Ring.Pending,
        view.Confirmed.Frozen,
        view.Confirmed.Paid,
        outlook?.Due ?? 0,
        outlook?.Reserve ?? Accrual.ClosingReserve(view.Terms),
        view.Confirmed.State == LeaseState.Active ? outlook?.EndsAt ?? 0 : 0);
}
