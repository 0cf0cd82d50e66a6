namespace Federation.Domain.Leases;

/// <summary>The phase that people see, derived from chain and cluster.</summary>
internal static class LeasePhases
{
    /// <param name="isUnpaid">Nobody pays for what runs now: whatever the chain says still, it is closing.</param>
    public static LeasePhase Of(LeaseObservation seen, Suspension? suspended, bool isUnpaid) => seen.View.Confirmed.State switch
    {
        LeaseState.Closed => seen.View.Confirmed.Reason is CloseReason.Refused or CloseReason.NotActivated ? LeasePhase.Refused : LeasePhase.Closed,
        LeaseState.Closing => LeasePhase.Closing,
        LeaseState.Active when isUnpaid => LeasePhase.Closing,
        LeaseState.Active when suspended is not null => LeasePhase.Suspended,
        LeaseState.Active => OfActive(seen),
        LeaseState.Reserved when seen.ActivationMined => OfActive(seen),
        _ => LeasePhase.Reserved,
    };

    private static LeasePhase OfActive(LeaseObservation seen)
    {
        if (!seen.Workload.IsDelivered) return LeasePhase.WaitingForWorkload;
        if (IsCompleted(seen.Cluster)) return LeasePhase.Completed;
        return IsRunning(seen.Cluster) ? LeasePhase.Running : LeasePhase.Starting;
    }

    public static bool IsCompleted(ClusterFacts cluster) => cluster.Items.Count > 0 && cluster.Items.All(i => i.IsComplete);

    public static bool IsRunning(ClusterFacts cluster) =>
        cluster.Items.Count > 0 && cluster.Items.All(i => i.IsComplete || (!i.Failed && i.Ready + i.Succeeded >= i.Desired));
}
