using System.Numerics;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;

namespace Federation.Domain.Leases;

/// <summary>
/// When a lease stands still, until when, and what wakes it. The closing reserve pays for it: it is there to serve a notice at
/// full load, and volumes alone cost less. What is claimed meanwhile stays unsettled, or the lease could be closed by anybody.
/// </summary>
internal static class SuspensionRules
{
    // Pods have ten seconds to end; the rest is for the looks before and after.
    private const long StopSeconds = 15;

    public static Suspension? Next(LeaseObservation seen, LeaseStatus status, EscrowOutlook outlook)
    {
        if (status.Suspension is not { } now || IsPast(now, status)) return ShouldBegin(seen, outlook) ? Begin(seen, outlook) : null;
        if (!now.Lasts) return now;
        if (now.StoppedAtMs == 0) now = now with { Volumes = seen.Cluster.Volumes, StoppedAtMs = IsStill(seen.Cluster) ? seen.NowMs : 0 };
        return seen.View.Confirmed.State == LeaseState.Active && outlook.Remaining >= Enough(seen, outlook) ? now with { EndedAtMs = seen.NowMs } : now;
    }

    /// <summary>No service wants a pod and no unfinished job is left, whatever pods are still on their way out.</summary>
    public static bool IsScaledDown(ClusterFacts cluster) => cluster.Items.All(i => i.IsJob ? i.IsSuspended || i.IsOver : i.Desired == 0);

    /// <summary>Smallest units that wake it, whenever they come before its end.</summary>
    public static BigInteger Missing(LeaseObservation seen, Suspension suspension, EscrowOutlook outlook, long measuredSeconds)
    {
        var keeping = Keeping(seen, suspension.Volumes, Math.Max(0, suspension.Until - measuredSeconds));
        return BigInteger.Max(1, Enough(seen, outlook) + keeping + Ending(seen, suspension, measuredSeconds) - outlook.Remaining);
    }

    private static bool IsPast(Suspension suspension, LeaseStatus status) =>
        !suspension.Lasts && (suspension.StoppedAtMs == 0 || status.Usage is null || status.Usage.ThroughMs >= suspension.EndedAtMs);

    private static bool ShouldBegin(LeaseObservation seen, EscrowOutlook outlook) =>
        seen.View.Confirmed is { State: LeaseState.Active } lease
        && outlook.IsExhausted && lease.Escrow > outlook.Reserve
        && seen.Intake != Intake.Draining
        && (seen.Cluster.Pods.Any(p => !p.Ended) || !IsScaledDown(seen.Cluster));

    private static Suspension? Begin(LeaseObservation seen, EscrowOutlook outlook)
    {
        var view = seen.View;
        var until = view.BlockTime + BigInteger.Min(seen.Policy.Keep.GraceMs / 1000, Affordable(seen, outlook));
        until = BigInteger.Min(until, view.Confirmed.ActivatedAt + view.Terms.DurationSeconds);
        return until > view.BlockTime ? new Suspension(view.BlockTime, (long)until, 0, 0, seen.Cluster.Volumes) : null;
    }

    // What is left once all has stopped, less the closer's bounty, keeps the volumes for the grace and the notice after it.
    private static BigInteger Affordable(LeaseObservation seen, EscrowOutlook outlook)
    {
        var (terms, price) = (seen.View.Terms, seen.View.Terms.Prices.Storage * MiB(seen.Cluster.Volumes));
        if (price.IsZero) return uint.MaxValue;
        var spare = outlook.Remaining - terms.Parameters.Bounty - Accrual.RateCap(terms.Prices, terms.Resources, StopSeconds + (seen.Policy.ScrapeDelayMs / 1000));
        return (spare * Prices.Scale / price) - terms.NoticeSeconds;
    }

    // An epoch at full load: less would have it stop and start without end.
    private static BigInteger Enough(LeaseObservation seen, EscrowOutlook outlook) =>
        outlook.Reserve + 1 + Accrual.RateCap(seen.View.Terms.Prices, seen.View.Terms.Resources, (seen.Policy.EpochMs / 1000) + StopSeconds);

    private static BigInteger Keeping(LeaseObservation seen, IReadOnlyList<Usage.KeptVolume> volumes, long seconds) =>
        (seen.View.Terms.Prices.Storage * MiB(volumes) * seconds / Prices.Scale) + 1;

    // Until its pods have ended it works on, and that is measured later.
    private static BigInteger Ending(LeaseObservation seen, Suspension suspension, long measuredSeconds)
    {
        var stopped = suspension.StoppedAtMs > 0 ? (suspension.StoppedAtMs + 999) / 1000 : suspension.Since + StopSeconds;
        return Accrual.RateCap(seen.View.Terms.Prices, seen.View.Terms.Resources, Math.Max(0, stopped - measuredSeconds));
    }

    private static BigInteger MiB(IReadOnlyList<Usage.KeptVolume> volumes) => volumes.Sum(v => (long)v.MiB);

    /// <summary>Nothing of the workload runs, or is about to.</summary>
    internal static bool IsStill(ClusterFacts cluster) => IsScaledDown(cluster) && cluster.Pods.All(p => p.Ended);
}
