using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>What an amended workload may do with volumes that are there: use them as they are, enlarge them where that can be done, or leave them.</summary>
public static class VolumeRules
{
    /// <param name="claims">Volumes of the lease, of whatever workload.</param>
    /// <param name="reservedMiB">Storage that the lease reserves.</param>
    public static IEnumerable<WorkloadFault> Faults(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims, uint reservedMiB)
    {
        if (claims.Count == 0) yield break;
        var named = workload.Services.SelectMany(s => s.Volumes.Select(v => (Item: s.Container.Name, s.Container.Replicas, Volume: v))).ToArray();
        foreach (var (item, _, volume) in named)
            if (claims.Select(c => c.Item == item && c.Volume == volume.Name ? Problem(c, volume.SizeMiB) : null).FirstOrDefault(p => p is not null) is { } problem)
                yield return new WorkloadFault($"services.{item}.volumes.{volume.Name}.size", problem);

        var left = claims.GroupBy(c => (c.Item, c.Volume)).Sum(g => g.Skip(named.FirstOrDefault(n => (n.Item, n.Volume.Name) == g.Key).Replicas).Sum(c => (long)Math.Max(c.MiB, SizeOf(workload, c) ?? 0)));
        var wanted = named.Sum(n => (long)n.Volume.SizeMiB * n.Replicas);
        if (left > 0 && left + wanted > reservedMiB)
            yield return new WorkloadFault("services.volumes", $"{wanted} MiB are wanted, and {left} MiB of earlier volumes stay until the lease ends: together more than the {reservedMiB} MiB that it reserves; amend the lease to more storage first");
    }

    /// <summary>The size that the workload wants of a volume that is there; null when it does not name it.</summary>
    public static uint? SizeOf(WorkloadSpec workload, ClaimFact claim) =>
        workload.Services.Where(s => s.Container.Name == claim.Item).SelectMany(s => s.Volumes).FirstOrDefault(v => v.Name == claim.Volume)?.SizeMiB;

    /// <summary>It enlarges some, which cannot be undone: only what is final may ask for that.</summary>
    public static bool Grows(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims) => claims.Any(c => SizeOf(workload, c) > c.MiB);

    private static string? Problem(ClaimFact there, uint wanted) => (wanted.CompareTo(there.MiB), there.CanGrow) switch
    {
        (0, _) or (> 0, true) => null,
        (> 0, false) => $"the volume is there with {there.MiB} MiB, and its storage cannot grow (its class here does not allow that, or it is not in use yet): name that size, or give a new volume another name",
        _ => $"the volume is there with {there.MiB} MiB and never gets smaller: name that size at least, or give a new volume another name",
    };
}
