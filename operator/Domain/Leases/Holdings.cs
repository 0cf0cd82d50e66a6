using Federation.Domain.Usage;

namespace Federation.Domain.Leases;

/// <summary>
/// What a lease's pods hold, with those that are gone: the window that counts the last of a pod's time is closed after it has gone.
/// One that holds nothing stays until a window has passed its end: its last samples are read after it has gone, too.
/// </summary>
public static class Holdings
{
    // As long as a silent series is kept: then no sample of the pod can follow.
    private const long SilentMs = 3_600_000;

    // Enough for an hour of all but the busiest, few enough for one object beside the tenant's manifest.
    private const int MostEnded = 256;

    /// <summary>
    /// How far a node's clock, which says when its pods ended, may be ahead of the operator's. A node that renews its heartbeat is given
    /// up after less than that by Kubernetes itself.
    /// </summary>
    public const long MostAheadMs = 60_000;

    /// <summary>Those remembered and those of the pods that are there now.</summary>
    /// <param name="nowMs">Of this look: what is gone without a word of its end had ended by then.</param>
    /// <param name="clockMs">The operator's own clock at this look, and nobody else's: what is over has not ended later. Null: it is the same.</param>
    public static IReadOnlyList<PodHolding> Merge(IReadOnlyList<PodHolding> before, IReadOnlyList<PodFact> pods, long nowMs, long? clockMs = null)
    {
        var latest = (clockMs ?? nowMs) + MostAheadMs;
        var known = before.DistinctBy(h => h.PodUid).ToDictionary(h => h.PodUid);
        var there = pods.Where(p => p.HasStarted || known.ContainsKey(p.Uid)).DistinctBy(p => p.Uid).ToArray();
        var now = there.Select(p => Seen(p, known.GetValueOrDefault(p.Uid), nowMs, latest));
        var rest = known.Values.ExceptBy(there.Select(p => p.Uid), h => h.PodUid).Select(h => h.EndedMs > 0 ? h : Doubt(h) with { EndedMs = nowMs });
        return [.. rest.Concat(now).OrderBy(h => h.PodUid, StringComparer.Ordinal)];
    }

    /// <summary>With when their nodes were last heard, for the window that is being closed.</summary>
    public static IReadOnlyList<PodHolding> Heard(IEnumerable<PodHolding> held, IEnumerable<PodFact> pods)
    {
        var heard = pods.DistinctBy(p => p.Uid).ToDictionary(p => p.Uid, p => p.HeardMs);
        return [.. held.Select(h => h with { HeardMs = heard.GetValueOrDefault(h.PodUid, long.MaxValue) })];
    }

    /// <summary>Of the pods that are there and have started: when there was something to measure.</summary>
    public static IReadOnlyList<PodLife> Lives(IReadOnlyList<PodFact> pods) =>
        [.. pods.Where(p => p is { HasStarted: true, StartedAtMs: > 0 } && (p.EndedAtMs > 0 || !p.Ended)).Select(p => new PodLife(p.Uid, p.StartedAtMs, p.EndedAtMs > 0 ? p.EndedAtMs : long.MaxValue))];

    /// <summary>Without the gone pods of which nothing can follow.</summary>
    /// <param name="hasFolded">A window was closed by this look: what has no series after it never had a sample.</param>
    public static IReadOnlyList<PodHolding> Prune(IReadOnlyList<PodHolding> held, IReadOnlyList<PodFact> pods, UsagePosition? usage, bool hasFolded)
    {
        var (there, through) = (pods.Select(p => p.Uid).ToHashSet(), usage?.ThroughMs ?? 0);
        var series = (usage?.Series ?? []).ToLookup(s => s.PodUid);
        var ended = held.Where(h => !there.Contains(h.PodUid) && IsCounted(h, through)).OrderByDescending(h => h.EndedMs).ThenBy(h => h.PodUid, StringComparer.Ordinal);
        var forgotten = ended.Where((h, n) => n >= MostEnded || h.EndedMs <= through - SilentMs).Select(h => h.PodUid).ToHashSet();
        return [.. held.Where(h => there.Contains(h.PodUid) || MayFollow(h))];

        bool MayFollow(PodHolding holding) => holding.IsNothing ? !(holding.EndedMs <= usage?.ThroughMs) : holding.FromMs > 0 ? !forgotten.Contains(holding.PodUid) :
            series[holding.PodUid].Any() ? series[holding.PodUid].Any(s => s.AtMs > through - SilentMs) : !hasFolded;
    }

    /// <summary>
    /// From when on a pod counts that is not among them: what was forgotten had ended before then. A cache that lags, of a second
    /// leader for one, may show it again.
    /// </summary>
    public static long Earliest(IReadOnlyList<PodHolding> held, long throughMs)
    {
        var ended = held.Where(h => IsCounted(h, throughMs)).Select(h => h.EndedMs).OrderDescending().ToArray();
        return Math.Max(throughMs - SilentMs, ended.Length < MostEnded ? 0 : ended[MostEnded - 1]);
    }

    /// <summary>Pods that are gone, and whose end no window has counted yet.</summary>
    public static int Uncounted(IReadOnlyList<PodHolding> held, long throughMs) => held.Count(h => h.EndedMs > (h.IsVouched ? h.FromMs : throughMs));

    private static bool IsCounted(PodHolding holding, long throughMs) =>
        holding is { IsNothing: false, FromMs: > 0, EndedMs: > 0 } && holding.EndedMs <= (holding.IsVouched ? holding.FromMs : throughMs);

    private static PodHolding Seen(PodFact pod, PodHolding? known, long nowMs, long latestMs)
    {
        var held = known is null || Holds(pod) ? new PodHolding(pod.Uid, pod.GpuA, pod.GpuB, pod.StorageMiB) { FromMs = known?.FromMs ?? pod.BoundAtMs } : known;
        held = held with { EndedMs = EndOf(pod, known, nowMs, latestMs), IsDoubtful = known?.IsDoubtful == true };
        return pod.EndedAtMs == 0 && (pod.Ended || pod.IsNodeDown) ? Doubt(held) : held;
    }

    // What was said first stays: of a pod that ended nothing else can follow. An end is its node's word, by a clock that may be ahead: it is
    // none that lies beyond the first look that saw it.
    private static long EndOf(PodFact pod, PodHolding? known, long nowMs, long latestMs)
    {
        if (pod.EndedAtMs == 0 && !pod.Ended) return 0;
        if (pod.EndedAtMs > 0)
        {
            var first = known is { EndedMs: > 0, IsDoubtful: false } ? Math.Min(known.EndedMs, latestMs) : latestMs;
            return Math.Min(pod.EndedAtMs, first);
        }

        return known is { EndedMs: > 0 and var ended } ? ended : pod.GoneAtMs > 0 ? pod.GoneAtMs : nowMs;
    }

    private static PodHolding Doubt(PodHolding holding) => holding.FromMs > 0 ? holding with { IsDoubtful = true } : holding;

    // An image that cannot be pulled must not cost devices.
    private static bool Holds(PodFact pod) => pod.HasStarted && (pod.GpuA > 0 || pod.GpuB > 0 || pod.StorageMiB > 0);
}
