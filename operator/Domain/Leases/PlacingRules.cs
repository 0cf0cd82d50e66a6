using Federation.Domain.Placement;
using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>Pods of a workload that are still to find their nodes.</summary>
/// <param name="Instead">They replace those that run; else they come beside them.</param>
/// <param name="IsMove">They exist, and the nodes that they may go to do not take them.</param>
public sealed record PlaceWish(IReadOnlyList<PodDemand> Pods, bool Instead, bool IsMove)
{
    /// <summary>Others of the same are on their way out, for their nodes do not take them: these are made when those are gone.</summary>
    public bool Waits { get; init; }
}

/// <summary>What became of a <see cref="PlaceWish"/>.</summary>
/// <param name="Wish">Null when nothing is to be placed.</param>
/// <param name="Found">Null while that cannot be told.</param>
public sealed record PlaceNews(PlaceWish? Wish, WorkloadPlace? Found)
{
    /// <summary>Nothing is to be placed.</summary>
    public static PlaceNews None { get; } = new(null, null);

    /// <summary>Why not all of it has its place; null when it has, or nobody knows.</summary>
    public PlacementResult? Missing => Wish is not null && Found is { Placement: { Fits: false } why } ? why : null;

    /// <summary>Nothing stands in the way of making what is not there.</summary>
    public bool MayMake => Wish is null or { IsMove: true } || Found is { Placement.Fits: true };
}

/// <summary>
/// Which pods need a place. A lease is placed whole or not at all: nothing of a workload is made before all that is missing of it
/// fits together. What runs stays where it is, whatever becomes of its node's promises.
/// </summary>
public static class PlacingRules
{
    /// <returns>Null when every pod that is wanted is there, and has its node or may still get it.</returns>
    public static PlaceWish? Wish(LeaseView view, DeliveredWorkload workload, ClusterFacts cluster)
    {
        if (view.Confirmed.State is not (LeaseState.Reserved or LeaseState.Active or LeaseState.Closing)) return null;
        if (workload.Spec is null || workload.Faults.Count > 0 || workload.Hash != view.Terms.SpecHash) return null;
        var wanted = WorkloadDemand.Of(workload.Spec).Pods;
        var isOther = cluster.AppliedSpecHash is { } running && running != workload.Hash;
        if (isOther) return new PlaceWish(wanted, Instead: true, IsMove: false);
        if (wanted.Any(d => IsShedding(cluster, d))) return new PlaceWish([], Instead: false, IsMove: false) { Waits = true };
        PodDemand[] missing = [.. wanted.Select(d => d with { Replicas = d.Replicas - Present(cluster, d.Name) }).Where(d => d.Replicas > 0)];
        if (missing.Length > 0 && IsToBeMade(cluster, missing)) return new PlaceWish(missing, Instead: false, IsMove: false);
        PodDemand[] stuck = [.. wanted.Select(d => d with { Replicas = Stuck(cluster, d.Name) }).Where(d => d.Replicas > 0)];
        return stuck.Length > 0 ? new PlaceWish(stuck, Instead: false, IsMove: true) : null;
    }

    /// <summary>Nodes that the pods of each item may go to, once its stuck ones have others; those that run keep theirs.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Moves(ClusterFacts cluster, PlaceNews place)
    {
        if (place is not { Wish.IsMove: true, Found.Placement: { Fits: true } found }) return new Dictionary<string, IReadOnlyList<string>>();
        return found.Nodes.Where(n => IsElsewhere(cluster, n.Key, n.Value)).ToDictionary(
            n => n.Key,
            n => (IReadOnlyList<string>)[.. n.Value.Concat(Live(cluster, n.Key).Select(p => p.Node).OfType<string>()).Distinct().Order(StringComparer.Ordinal)],
            StringComparer.Ordinal);
    }

    // A volume that is there has a place of its own, which no snapshot of nodes tells: its pod goes where that is.
    private static bool IsElsewhere(ClusterFacts cluster, string item, IReadOnlyList<string> nodes) =>
        cluster.Items.FirstOrDefault(i => i.Name == item) is { } there
        && (nodes.Except(there.Nodes, StringComparer.Ordinal).Any() || cluster.Claims.Any(c => c.Item == item));

    // Between two pods of an object that stands its controller makes the next one.
    private static bool IsToBeMade(ClusterFacts cluster, PodDemand[] missing) => missing.Any(d =>
        cluster.Items.FirstOrDefault(i => i.Name == d.Name) is not { } item || (item.IsJob ? item.IsSuspended : item.Desired < d.Replicas + Present(cluster, d.Name)));

    // One that was told to want fewer pods while some of them had no node.
    private static bool IsShedding(ClusterFacts cluster, PodDemand wanted) =>
        cluster.Items.FirstOrDefault(i => i.Name == wanted.Name) is { IsJob: false, Desired: > 0, Nodes.Count: > 0 } item && item.Desired < wanted.Replicas && Stuck(cluster, wanted.Name) > 0;

    // Pods whose object somebody deleted are on their way out.
    private static int Present(ClusterFacts cluster, string item) => cluster.Items.FirstOrDefault(i => i.Name == item) switch
    {
        null => 0,
        { IsJob: true, IsOver: true } job => job.Desired,
        var there => Live(cluster, item).Count() + there.Succeeded,
    };

    private static int Stuck(ClusterFacts cluster, string item) =>
        cluster.Items.FirstOrDefault(i => i.Name == item) is { Nodes.Count: > 0 } ? Live(cluster, item).Count(p => p is { Node: null, Problem.Reason: Unschedulable }) : 0;

    private static IEnumerable<PodFact> Live(ClusterFacts cluster, string item) => cluster.Pods.Where(p => p.Item == item && !p.Ended);

    internal const string Unschedulable = nameof(Unschedulable);
}
