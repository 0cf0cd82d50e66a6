using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>What an amended workload may do with volumes that are there: use them as they are, or leave them.</summary>
public static class VolumeRules
{
    /// <param name="claims">Volumes of the lease, of whatever workload.</param>
    /// <param name="reservedMiB">Storage that the lease reserves.</param>
    public static IEnumerable<WorkloadFault> Faults(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims, uint reservedMiB)
    {
        if (claims.Count == 0) yield break;
        var named = workload.Services.SelectMany(s => s.Volumes.Select(v => (Item: s.Container.Name, s.Container.Replicas, Volume: v))).ToArray();
        foreach (var (item, _, volume) in named)
            if (claims.FirstOrDefault(c => c.Item == item && c.Volume == volume.Name && c.MiB != volume.SizeMiB) is { } there)
                yield return new WorkloadFault($"services.{item}.volumes.{volume.Name}.size", $"the volume is there with {there.MiB} MiB and keeps its size: name that, or give a new volume another name");

        var left = claims.GroupBy(c => (c.Item, c.Volume)).Sum(g => g.Skip(named.FirstOrDefault(n => (n.Item, n.Volume.Name) == g.Key).Replicas).Sum(c => (long)c.MiB));
        var wanted = named.Sum(n => (long)n.Volume.SizeMiB * n.Replicas);
        if (left > 0 && left + wanted > reservedMiB)
            yield return new WorkloadFault("services.volumes", $"{wanted} MiB are wanted, and {left} MiB of earlier volumes stay until the lease ends: together more than the {reservedMiB} MiB that it reserves; amend the lease to more storage first");
    }
}
