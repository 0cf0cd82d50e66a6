using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>
/// Places pods on a snapshot of the nodes, all or none, GPU model exact. The same input in any order gives the same answer.
/// The reconciler asks here before it makes the first object of a workload, by <see cref="CapacityBook.Place"/>; what a quote
/// promises is found by the same book, so that a datacenter sells nothing that its scheduler could not run.
/// </summary>
public static class Placer
{
    /// <summary>Demand name of the pods that stand for a reservation.</summary>
    public const string Reservation = "reservation";

    /// <param name="demands">All pods of a lease; held reservations of others go first into the list, or come off the snapshot.</param>
    /// <returns>A node for each replica; or the first reason of: no nodes, GPU model, sums, single nodes.</returns>
    public static PlacementResult Place(IReadOnlyCollection<PodDemand> demands, IReadOnlyCollection<NodeSnapshot> nodes)
    {
        var wanted = demands.Where(d => d.Replicas > 0).OrderBy(d => d.Name, StringComparer.Ordinal).ToArray();
        if (Shortage.Find(wanted, nodes, UsableBins(nodes)) is { } shortage) return shortage;
        var placed = Packing.Find(wanted, UsableBins(nodes));
        return placed is not null ? new PlacementResult(placed, "", "") : Shortage.Fragmented(wanted, UsableBins(nodes));
    }

    /// <summary>
    /// Whether a reservation can be honoured before its workload is known. The rule: the reserved totals as ONE pod on one
    /// node, or one pod for each of two GPU classes, CPU and memory shared out by devices. Where that does not fit on single
    /// nodes, the sums over all usable nodes decide, since most workloads are many smaller pods; then
    /// <see cref="PlacementResult.Nodes"/> lists the nodes that the sum was found on. Reserved storage is not
    /// looked at: how much of it will be volumes, and so no node's disk, only the workload tells. The book counts it as one sum.
    /// </summary>
    /// <param name="classOfHash">Class text of a Keccak-256 hash, 0x hex; null when the datacenter knows none.</param>
    public static PlacementResult PlaceReservation(
        Resources reserved, Func<string, string?> classOfHash, IReadOnlyCollection<NodeSnapshot> nodes)
    {
        return CapacityBook.Draw(new CapacityInput([.. nodes], [], [], classOfHash)).Reserve(reserved with { StorageMiB = 0 }).Placement;
    }

    /// <summary>The same on the nodes with nothing on them and nothing against them: what could ever be placed here.</summary>
    public static PlacementResult PlaceEmpty(IReadOnlyCollection<PodDemand> demands, IEnumerable<NodeSnapshot> nodes) => Place(demands, [.. nodes.Select(n => n.Emptied())]);

    internal static Bin[] UsableBins(IEnumerable<NodeSnapshot> nodes)
    {
        Bin[] bins = [.. nodes.Where(n => n.Blocked is null).Select(n => new Bin(n))];
        // They mostly come in order, and are many.
        for (var i = 1; i < bins.Length; i++)
            if (string.CompareOrdinal(bins[i - 1].Name, bins[i].Name) > 0)
                return [.. bins.OrderBy(b => b.Name, StringComparer.Ordinal)];
        return bins;
    }
}
