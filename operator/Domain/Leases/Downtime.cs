namespace Federation.Domain.Leases;

/// <summary>
/// Time in which replicas of a lease's services were not ready and the datacenter answers for it. Of several replicas a part may be
/// down: then that part of the time counts.
/// </summary>
/// <param name="BeforeMs">Milliseconds, of what is over.</param>
/// <param name="SinceMs">Unix milliseconds since when <paramref name="Down"/> are down; 0 when none is.</param>
/// <param name="Down">Replicas that are down now.</param>
/// <param name="Of">Replicas that there should be.</param>
public sealed record Downtime(long BeforeMs, long SinceMs, int Down, int Of)
{
    public static Downtime None { get; } = new(0, 0, 0, 0);

    /// <param name="atMs">Unix milliseconds.</param>
    /// <returns>Milliseconds until then.</returns>
    public long Until(long atMs) => BeforeMs + (Down == 0 ? 0 : (long)((Int128)Math.Max(0, atMs - SinceMs) * Down / Of));

    /// <summary>The same as a receipt says it: whole seconds, never more than there were.</summary>
    /// <param name="activeSeconds">Since activation.</param>
    public uint Seconds(long atMs, long activeSeconds) => (uint)Math.Clamp(Until(atMs) / 1000, 0, Math.Clamp(activeSeconds, 0, uint.MaxValue));

    /// <summary>No less of it than was credited until then, whoever has forgotten it.</summary>
    /// <param name="seconds">As a receipt said it.</param>
    /// <param name="atMs">Until when that receipt went, unix milliseconds.</param>
    public static Downtime? AtLeast(Downtime? downtime, uint seconds, long atMs)
    {
        var lacking = (seconds * 1000L) - (downtime ?? None).Until(atMs);
        return lacking <= 0 ? downtime : (downtime ?? None) with { BeforeMs = (downtime ?? None).BeforeMs + lacking };
    }

    /// <summary>From then on so many are down. Nothing changes while the same are.</summary>
    public Downtime Next(int down, int of, long nowMs) => (down, down == 0 ? 0 : of) == (Down, Of) ? this
        : down == 0 ? new Downtime(Until(nowMs), 0, 0, 0)
        : new Downtime(Until(nowMs), nowMs, down, of);
}

/// <summary>
/// What a datacenter answers for: a node that does not answer, or is gone, or takes its pods no more, until a pod in the lost one's place
/// has a node. Not what the tenant brought: a program that ends, a probe that fails, an image that is not there, an update. Not before
/// something of the workload has run once: nothing is billed before that.
/// </summary>
internal static class DowntimeRules
{
    public static Downtime? Next(LeaseObservation seen)
    {
        var before = seen.Status.Downtime;
        var (down, of) = Counts(seen) ? Down(seen) : (0, 0);
        return before is null && down == 0 ? null : (before ?? Downtime.None).Next(down, of, NowOf(seen));
    }

    /// <summary>Cumulative seconds as of this look; none is counted past the end of what is paid.</summary>
    public static uint Seconds(LeaseObservation seen, Downtime? downtime, long through) =>
        downtime?.Seconds(NowOf(seen), through - seen.View.Confirmed.ActivatedAt) ?? 0;

    private static bool Counts(LeaseObservation seen) =>
        seen.View.Confirmed.State is LeaseState.Active or LeaseState.Closing && seen.Status is { HasStarted: true, StoppedAtMs: 0, Suspension: not { Lasts: true } };

    private static long NowOf(LeaseObservation seen) =>
        seen.View.Confirmed.EndsAt > 0 ? Math.Min(seen.NowMs, seen.View.Confirmed.EndsAt * 1000) : seen.NowMs;

    // A lost pod's object goes with its node's, or by anybody's hand, and nothing runs for that: what was down stays so until there are
    // as many pods with a node as there should be.
    private static (int Down, int Of) Down(LeaseObservation seen)
    {
        var (services, pods) = (ServicesOf(seen), seen.Cluster.Pods.Where(p => !p.Ended).ToLookup(p => p.Item));
        var missing = services.Select(s => Missing(s, pods[s.Name])).ToArray();
        var lost = services.Zip(missing, (s, most) => Math.Min(most, pods[s.Name].Count(p => IsLost(p, s)))).Sum();
        return (Math.Max(lost, Math.Min(seen.Status.Downtime?.Down ?? 0, missing.Sum())), services.Sum(s => s.Desired));
    }

    // The lost pod may stay an object for days while another runs in its place: that one's readiness is its tenant's.
    private static int Missing(ItemFact service, IEnumerable<PodFact> pods) =>
        Math.Max(0, service.Desired - Math.Max(service.Ready, pods.Count(p => p is { Node: not null, IsNodeDown: false })));

    // Nothing was made before all of it fitted, so one without a node had its place taken from it. In the middle of a rollout its tenant's
    // own next step may be in the way of the last.
    private static bool IsLost(PodFact pod, ItemFact service) =>
        pod is { Ready: false, IsNodeDown: true } || (pod.Node is null && PlacingRules.HasNoNode(pod) && !service.IsRolling);

    // A service whose object somebody deleted is there for as long as its workload wants it.
    private static ItemFact[] ServicesOf(LeaseObservation seen)
    {
        var there = seen.Cluster.Items.Where(i => !i.IsJob).ToArray();
        if (seen.Workload is not { Spec: { } spec, Faults.Count: 0 } || seen.Workload.Hash != seen.View.Terms.SpecHash || (seen.Cluster.AppliedSpecHash ?? seen.Workload.Hash) != seen.Workload.Hash) return there;
        return [.. there, .. spec.Services.Select(s => s.Container).Where(c => there.All(i => i.Name != c.Name)).Select(c => new ItemFact(c.Name, "", c.Replicas, 0, 0, false, ""))];
    }
}
