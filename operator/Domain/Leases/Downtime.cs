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

    /// <summary>From then on so many are down. Nothing changes while the same are.</summary>
    public Downtime Next(int down, int of, long nowMs) => (down, down == 0 ? 0 : of) == (Down, Of) ? this
        : down == 0 ? new Downtime(Until(nowMs), 0, 0, 0)
        : new Downtime(Until(nowMs), nowMs, down, of);
}

/// <summary>
/// What a datacenter answers for: a node that does not answer, until the replica runs elsewhere. Not what the tenant brought: a
/// program that ends, a probe that fails, an image that is not there, a pod that is larger than any node. Not before something of the
/// workload has run once: nothing is billed before that.
/// </summary>
internal static class DowntimeRules
{
    public static Downtime? Next(LeaseObservation seen)
    {
        var before = seen.Status.Downtime;
        var (down, of) = Counts(seen) ? Down(seen.Cluster) : (0, 0);
        return before is null && down == 0 ? null : (before ?? Downtime.None).Next(down, of, NowOf(seen));
    }

    /// <summary>Cumulative seconds as of this look; none is counted past the end of what is paid.</summary>
    public static uint Seconds(LeaseObservation seen, Downtime? downtime, long through) =>
        downtime?.Seconds(NowOf(seen), through - seen.View.Confirmed.ActivatedAt) ?? 0;

    private static bool Counts(LeaseObservation seen) =>
        seen.View.Confirmed.State is LeaseState.Active or LeaseState.Closing && seen.Status is { HasStarted: true, StoppedAtMs: 0, Suspension: not { Lasts: true } };

    private static long NowOf(LeaseObservation seen) =>
        seen.View.Confirmed.EndsAt > 0 ? Math.Min(seen.NowMs, seen.View.Confirmed.EndsAt * 1000) : seen.NowMs;

    private static (int Down, int Of) Down(ClusterFacts cluster)
    {
        var (services, pods) = (cluster.Items.Where(i => !i.IsJob).ToArray(), cluster.Pods.Where(p => !p.Ended).ToLookup(p => p.Item));
        return (services.Sum(s => Down(s, [.. pods[s.Name]])), services.Sum(s => s.Desired));
    }

    // The lost pod stays an object for days while another runs in its place: that one's readiness is its tenant's.
    private static int Down(ItemFact service, PodFact[] pods)
    {
        var (lost, housed) = (pods.Count(p => p is { Ready: false, IsNodeDown: true }), pods.Count(p => p is { Node: not null, IsNodeDown: false }));
        return Math.Max(0, Math.Min(lost, service.Desired - Math.Max(service.Ready, housed)));
    }
}
