using Federation.Domain.Placement;
using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>Pods of a workload that are still to find their nodes.</summary>
/// <param name="Instead">They replace those that run; else they come beside them.</param>
public sealed record PlaceWish(IReadOnlyList<PodDemand> Pods, bool Instead)
{
    /// <summary>Pods that an amendment leaves where they are: what they take is not there for those that come.</summary>
    public IReadOnlyList<NodeUse> Staying { get; init; } = [];

    /// <summary>Asked for where this one has no place; null: nothing is.</summary>
    public PlaceWish? Else { get; init; }
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
    public bool MayMake => Wish is null || Found is { Placement.Fits: true };
}

/// <summary>
/// Which pods need a place. A lease is placed whole or not at all: nothing of a workload is made before all that is missing of it
/// fits together. What is there is the scheduler's, which heals it as it does anything: nothing is moved from here.
/// </summary>
public static class PlacingRules
{
    /// <returns>Null when every pod that is wanted is there, or is made by what stands.</returns>
    public static PlaceWish? Wish(LeaseView view, DeliveredWorkload workload, ClusterFacts cluster)
    {
        if (view.Confirmed.State is not (LeaseState.Reserved or LeaseState.Active or LeaseState.Closing)) return null;
        // What stands still until its end wants no place.
        if (LeaseMachine.IsUnpaid(view, null)) return null;
        if (workload.Spec is null || workload.Faults.Count > 0 || workload.Hash != view.Terms.SpecHash) return null;
        var wanted = WorkloadDemand.Of(workload.Spec).Pods;
        var isOther = cluster.AppliedSpecHash is { } running && running != workload.Hash;
        if (isOther) return Amended(wanted, workload.GpuPlacements, cluster);
        PodDemand[] missing = [.. wanted.Select(d => d with { Replicas = d.Replicas - Present(cluster, d.Name) }).Where(d => d.Replicas > 0)];
        return missing.Length > 0 && IsToBeMade(cluster, missing) ? new PlaceWish(missing, Instead: false) : null;
    }

    // A pod that is what the amended workload wants stays on its node, or the next one of its service comes there: with no surge a pod goes
    // before another comes. Which pods of a service with fewer replicas go, its controller says later: first as if those that are too
    // many stayed too, so that the place is there whichever go; where there is none, the service is packed as a whole, all of its pods going.
    private static PlaceWish? Amended(IReadOnlyList<PodDemand> wanted, IReadOnlyDictionary<string, GpuPlacement> placements, ClusterFacts cluster)
    {
        // Shards that have ended are placed too: a job that an amendment changes is made anew, and runs them again.
        var wish = Wish(d => Same(d).Length);
        if (wish.Pods.Count == 0) return null;
        return !wanted.Any(d => Same(d).Length > d.Replicas) ? wish : wish with { Else = Wish(d => Same(d).Length > d.Replicas ? 0 : Same(d).Length) };

        PlaceWish Wish(Func<PodDemand, int> stay) => new([.. wanted.Select(d => d with { Replicas = d.Replicas - stay(d) }).Where(d => d.Replicas > 0)], Instead: true)
        {
            Staying = [.. wanted.SelectMany(d => Same(d).Take(stay(d))).Select(p => new NodeUse(p.Node!, p.Shape!.Requests))],
        };

        PodFact[] Same(PodDemand demand) => [.. Live(cluster, demand.Name)
            .Where(p => p is { Node: not null, IsNodeDown: false } && p.Shape?.Is(demand, demand.GpuClass is { } name ? placements.GetValueOrDefault(name) : null) == true)];
    }

    // Between two pods of an object that stands its controller makes the next one.
    private static bool IsToBeMade(ClusterFacts cluster, PodDemand[] missing) => missing.Any(d =>
        cluster.Items.FirstOrDefault(i => i.Name == d.Name) is not { } item || (item.IsJob ? item.IsSuspended : item.Desired < d.Replicas + Present(cluster, d.Name)));

    // Pods whose object somebody deleted are on their way out.
    private static int Present(ClusterFacts cluster, string item) => cluster.Items.FirstOrDefault(i => i.Name == item) switch
    {
        null => 0,
        { IsJob: true, IsOver: true } job => job.Desired,
        var there => Live(cluster, item).Count() + there.Succeeded,
    };

    private static IEnumerable<PodFact> Live(ClusterFacts cluster, string item) => cluster.Pods.Where(p => p.Item == item && !p.Ended);

    /// <summary>The scheduler has said that no node takes it.</summary>
    public static bool HasNoNode(PodFact pod) => pod.Problem?.Reason is "Unschedulable";
}
