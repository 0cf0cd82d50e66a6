using Federation.Domain.Usage;

namespace Federation.Domain.Leases;

/// <summary>
/// What a lease's pods hold, with those that are gone: devices and storage are billed by a pod's samples, and the last of
/// these are read after the pod has gone.
/// </summary>
public static class Holdings
{
    // As long as a silent series is kept: then no sample of the pod can follow.
    private const long SilentMs = 3_600_000;

    /// <summary>Those remembered and those of the pods that are there now.</summary>
    public static IReadOnlyList<PodHolding> Merge(IReadOnlyList<PodHolding> before, IReadOnlyList<PodFact> pods)
    {
        var now = pods.Where(Holds).Select(p => new PodHolding(p.Uid, p.GpuA, p.GpuB, p.StorageMiB)).DistinctBy(h => h.PodUid).ToArray();
        return [.. before.ExceptBy(now.Select(h => h.PodUid), h => h.PodUid).Concat(now).OrderBy(h => h.PodUid, StringComparer.Ordinal)];
    }

    /// <summary>The same, with the pods that run and hold nothing: that is known of them.</summary>
    public static IReadOnlyList<PodHolding> Known(IReadOnlyList<PodHolding> before, IReadOnlyList<PodFact> pods)
    {
        var held = Merge(before, pods);
        return [.. held, .. pods.Where(p => p.HasStarted && held.All(h => h.PodUid != p.Uid)).Select(p => new PodHolding(p.Uid, 0, 0, 0))];
    }

    /// <summary>Without the gone pods of which no sample can follow.</summary>
    /// <param name="hasFolded">A window was closed by this look: what has no series after it never had a sample.</param>
    public static IReadOnlyList<PodHolding> Prune(IReadOnlyList<PodHolding> held, IReadOnlyList<PodFact> pods, UsagePosition? usage, bool hasFolded)
    {
        var there = pods.Select(p => p.Uid).ToHashSet();
        var series = (usage?.Series ?? []).ToLookup(s => s.PodUid);
        return [.. held.Where(h => there.Contains(h.PodUid) || MayFollow(h))];

        bool MayFollow(PodHolding holding) =>
            series[holding.PodUid].Any() ? series[holding.PodUid].Any(s => s.AtMs > usage!.ThroughMs - SilentMs) : !hasFolded;
    }

    // An image that cannot be pulled must not cost devices.
    private static bool Holds(PodFact pod) => pod.HasStarted && (pod.GpuA > 0 || pod.GpuB > 0 || pod.StorageMiB > 0);
}
