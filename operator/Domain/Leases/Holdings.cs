using Federation.Domain.Usage;

namespace Federation.Domain.Leases;

/// <summary>
/// What a lease's pods hold, with those that are gone: devices and storage are billed by a pod's samples, and the last of
/// these are read after the pod has gone. One that holds nothing stays until a window has passed its end.
/// </summary>
public static class Holdings
{
    // As long as a silent series is kept: then no sample of the pod can follow.
    private const long SilentMs = 3_600_000;

    /// <summary>Those remembered and those of the pods that are there now.</summary>
    /// <param name="nowMs">Of this look: what is gone without a word of its end had ended by then.</param>
    public static IReadOnlyList<PodHolding> Merge(IReadOnlyList<PodHolding> before, IReadOnlyList<PodFact> pods, long nowMs)
    {
        var known = before.ToLookup(h => h.PodUid);
        var there = pods.Select(p => p.Uid).ToHashSet();
        // An image that cannot be pulled must not cost devices.
        var now = pods.Where(p => p.HasStarted).Select(p => Of(p) with { EndedMs = EndOf(p) }).DistinctBy(h => h.PodUid).ToArray();
        var rest = before.ExceptBy(now.Select(h => h.PodUid), h => h.PodUid).Select(h => there.Contains(h.PodUid) || h.EndedMs > 0 ? h : h with { EndedMs = nowMs });
        return [.. rest.Concat(now).OrderBy(h => h.PodUid, StringComparer.Ordinal)];

        // What was said first stays: of a pod that ended nothing else can follow.
        long EndOf(PodFact pod)
        {
            if (pod.EndedAtMs > 0 || !pod.Ended) return pod.EndedAtMs;
            return known[pod.Uid].FirstOrDefault() is { EndedMs: > 0 and var ended } ? ended : nowMs;
        }
    }

    /// <summary>The same, with the pods that run and hold nothing: that is known of them.</summary>
    public static IReadOnlyList<PodHolding> Known(IReadOnlyList<PodHolding> before, IReadOnlyList<PodFact> pods, long nowMs)
    {
        var held = Merge(before, pods, nowMs);
        var uids = held.Select(h => h.PodUid).ToHashSet();
        return [.. held, .. pods.Where(p => p.HasStarted && !uids.Contains(p.Uid)).Select(p => new PodHolding(p.Uid, 0, 0, 0) { EndedMs = p.EndedAtMs })];
    }

    /// <summary>Of the pods that are there and have started: when there was something to measure.</summary>
    public static IReadOnlyList<PodLife> Lives(IReadOnlyList<PodFact> pods) =>
        [.. pods.Where(p => p is { HasStarted: true, StartedAtMs: > 0 } && (p.EndedAtMs > 0 || !p.Ended)).Select(p => new PodLife(p.Uid, p.StartedAtMs, p.EndedAtMs > 0 ? p.EndedAtMs : long.MaxValue))];

    /// <summary>Without the gone pods of which no sample can follow.</summary>
    /// <param name="hasFolded">A window was closed by this look: what has no series after it never had a sample.</param>
    public static IReadOnlyList<PodHolding> Prune(IReadOnlyList<PodHolding> held, IReadOnlyList<PodFact> pods, UsagePosition? usage, bool hasFolded)
    {
        var there = pods.Select(p => p.Uid).ToHashSet();
        var series = (usage?.Series ?? []).ToLookup(s => s.PodUid);
        return [.. held.Where(h => there.Contains(h.PodUid) || MayFollow(h))];

        bool MayFollow(PodHolding holding) => holding is { GpuA: 0, GpuB: 0, StorageMiB: 0 } ? !(holding.EndedMs <= usage?.ThroughMs) :
            series[holding.PodUid].Any() ? series[holding.PodUid].Any(s => s.AtMs > usage!.ThroughMs - SilentMs) : !hasFolded;
    }

    private static PodHolding Of(PodFact pod) => new(pod.Uid, pod.GpuA, pod.GpuB, pod.StorageMiB);
}
