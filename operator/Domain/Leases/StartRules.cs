using Federation.Domain.Placement;

namespace Federation.Domain.Leases;

/// <summary>
/// How long a workload that was delivered may take to start its first container. An image that nobody has, one that never ends to be
/// pulled, a Secret that never comes: they use nothing, so their escrow would last for the whole term while they hold the capacity.
/// The same where the datacenter has no place for all of it: nobody's escrow waits for one for ever. Time on a node that is lost does not count, nor
/// time in which the nodes that it needs take no pods at all, nor time without a place for what no node here is large enough for.
/// </summary>
internal static class StartRules
{
    /// <summary>One of its containers has run, however long ago.</summary>
    public static bool HasStarted(LeaseStatus before, ClusterFacts cluster) =>
        before.HasStarted || cluster.Pods.Any(p => p.HasStarted && (p.Node is not null || p.Ended)) || cluster.Items.Any(i => i.Succeeded > 0 || (i.Ready > 0 && !i.IsJob));

    /// <returns>Unix seconds by the chain's clock since when the workload could have started and has not; 0 when that is not so.</returns>
    /// <param name="status">Of this look, but for this.</param>
    public static long Since(LeaseObservation seen, LeaseStatus status)
    {
        if (seen.View.Confirmed.State is LeaseState.Closing or LeaseState.Closed) return status.StartingSince;
        if (!IsAwaited(seen, status) || seen.Cluster.Pods.Any(p => p.Problem?.Reason is "NodeLost") || IsExcused(seen)) return 0;
        // Between two pods nothing is known: what was counted stands.
        return status.StartingSince == 0 && (IsStuck(seen) || HasNoPlace(seen)) ? seen.View.BlockTime : status.StartingSince;
    }

    /// <returns>Unix seconds by the chain's clock at which it is given up; null when that is not counted.</returns>
    public static long? GivenUpAt(LeaseObservation seen, LeaseStatus status) =>
        status is { HasStarted: false, StartingSince: > 0 } && seen.Policy.Keep.StartMs is > 0 and var most ? status.StartingSince + (most / 1000) : null;

    /// <summary>It was given up, or is about to be.</summary>
    public static bool IsGivenUp(LeaseObservation seen, LeaseStatus status) => GivenUpAt(seen, status) is { } at && seen.View.Confirmed switch
    {
        { State: LeaseState.Active } => seen.View.BlockTime >= at,
        { State: LeaseState.Closing or LeaseState.Closed, Reason: CloseReason.Provider } lease => lease.EndsAt >= at,
        _ => false,
    };

    private static bool IsAwaited(LeaseObservation seen, LeaseStatus status) =>
        seen.View.Confirmed.State == LeaseState.Active && !status.HasStarted && status.Suspension is null
        && seen.Workload is { Spec: not null, Faults.Count: 0 } && seen.Workload.Hash == seen.View.Terms.SpecHash;

    /// <summary>Not all of it has a node that takes it.</summary>
    public static bool HasNoPlace(LeaseObservation seen) => seen.Place.Missing is not null || seen.Cluster.Pods.Any(PlacingRules.HasNoNode);

    // Nodes that are cordoned or away come back, and lose nobody a lease meanwhile. What is larger than the nodes are is the tenant's own
    // doing: it can amend or close it, and is not refunded as if the datacenter had failed.
    private static bool IsExcused(LeaseObservation seen) => seen.Place.Missing is { } why
        ? why.Reason is PlacementReasons.NodesBlocked or PlacementReasons.NoNodes or PlacementReasons.NoMatchingGpu or PlacementReasons.ExceedsDatacenter
        : HasNoPlace(seen) && !seen.FitsWhenEmpty;

    private static bool IsStuck(LeaseObservation seen) => seen.Images.Problem is not null || seen.Cluster.Pods.Any(p => p is { Node: not null, HasStarted: false });
}
