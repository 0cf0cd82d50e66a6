using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>What an amended workload may do with volumes that are there: use them as they are, enlarge them where that can be done, or leave them. What is left is storage of the lease, and its scratch space is the rest.</summary>
public static class VolumeRules
{
    /// <param name="claims">Volumes of the lease, of whatever workload.</param>
    /// <param name="reservedMiB">Storage that the lease reserves.</param>
    /// <param name="runs">It is what runs already: its scratch space was given to it, and is not taken back.</param>
    public static IEnumerable<WorkloadFault> Faults(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims, uint reservedMiB, bool runs = false)
    {
        if (claims.Count == 0) yield break;
        foreach (var (item, _, volume) in Named(workload))
            if (claims.Select(c => c.Item == item && c.Volume == volume.Name ? Problem(c, volume.SizeMiB) : null).FirstOrDefault(p => p is not null) is { } problem)
                yield return new WorkloadFault($"services.{item}.volumes.{volume.Name}.size", problem);

        var (left, wanted) = Split(workload, claims);
        // Without earlier volumes it is the workload's own storage, which is held against the lease with all else that it takes.
        var scratch = runs ? 0 : (long)WorkloadDemand.Of(workload).StorageMiB - wanted;
        if (left > 0 && left + wanted + scratch > reservedMiB)
            yield return new WorkloadFault("services.volumes", $"{wanted} MiB of volumes and {scratch} MiB of scratch space are wanted, and {left} MiB of earlier volumes stay until the lease ends: together more than the {reservedMiB} MiB that it reserves; amend the lease to more storage first");
    }

    /// <summary>The size that the workload wants of a volume that is there; null when it does not name it.</summary>
    public static uint? SizeOf(WorkloadSpec workload, ClaimFact claim) =>
        workload.Services.Where(s => s.Container.Name == claim.Item).SelectMany(s => s.Volumes).FirstOrDefault(v => v.Name == claim.Volume)?.SizeMiB;

    /// <summary>It enlarges some, which cannot be undone: only what is final may ask for that.</summary>
    public static bool Grows(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims) => claims.Any(c => SizeOf(workload, c) > c.MiB);

    /// <summary>It names some that are not there, or more replicas of some: made once, they stay until the lease ends.</summary>
    public static bool Adds(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims) =>
        Named(workload).Any(n => claims.Count(c => (c.Item, c.Volume) == (n.Item, n.Volume.Name)) < n.Replicas);

    /// <summary>What the workload's volumes and those of earlier ones take together once all of them are made and have grown, MiB.</summary>
    public static long Takes(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims)
    {
        var (left, wanted) = Split(workload, claims);
        return left + wanted;
    }

    private static (string Item, int Replicas, VolumeSpec Volume)[] Named(WorkloadSpec workload) =>
        [.. workload.Services.SelectMany(s => s.Volumes.Select(v => (s.Container.Name, s.Container.Replicas, v)))];

    // Of volumes that are there: those that the workload does not use; and all that it uses, there or not.
    private static (long Left, long Wanted) Split(WorkloadSpec workload, IReadOnlyList<ClaimFact> claims)
    {
        var named = Named(workload);
        var left = claims.GroupBy(c => (c.Item, c.Volume)).Sum(g => g.Skip(named.FirstOrDefault(n => (n.Item, n.Volume.Name) == g.Key).Replicas).Sum(c => (long)Math.Max(c.MiB, SizeOf(workload, c) ?? 0)));
        return (left, named.Sum(n => (long)n.Volume.SizeMiB * n.Replicas));
    }

    private static string? Problem(ClaimFact there, uint wanted) => (wanted.CompareTo(there.MiB), there.CanGrow) switch
    {
        (0, _) or (> 0, true) => null,
        (> 0, false) => $"the volume is there with {there.MiB} MiB, and its storage cannot grow (its class here does not allow that, or it is not in use yet): name that size, or give a new volume another name",
        _ => $"the volume is there with {there.MiB} MiB and never gets smaller: name that size at least, or give a new volume another name",
    };
}
