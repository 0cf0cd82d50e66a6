using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Reconciling;

/// <summary>What this datacenter owes its tenants right now: replicas that are down and that it answers for.</summary>
internal static class OutageRules
{
    /// <param name="isKnown">Leases have been looked at since this process began.</param>
    public static LeaseCondition Judge(IReadOnlyList<LeaseRecord> leases, bool isKnown)
    {
        if (!isKnown) return new LeaseCondition("WorkloadsUp", ConditionStatus.Unknown, "ChainUnavailable", "No lease has been looked at yet.");
        var down = leases.Select(l => l.Status.Downtime).OfType<Downtime>().Where(d => d.Down > 0).ToArray();
        if (down.Length == 0) return new LeaseCondition("WorkloadsUp", ConditionStatus.True, "Up", "No lease has replicas down that this datacenter answers for.");
        var since = DateTimeOffset.FromUnixTimeMilliseconds(down.Min(d => d.SinceMs));
        var (replicas, of) = (down.Sum(d => d.Down), $"{down.Length} {(down.Length == 1 ? "lease" : "leases")}");
        return new LeaseCondition(
            "WorkloadsUp", ConditionStatus.False, "ReplicasDown",
            $"Since {since:u} replicas have been down, now {replicas} of {of}: their nodes do not answer. It is credited to the tenants as their terms say. `kubectl get nodes` shows what is away; `status.downtime` of each ComputeLease says whom it concerns.");
    }
}
