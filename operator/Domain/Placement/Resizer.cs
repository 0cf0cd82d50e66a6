using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <param name="Held">What has to be held beside what the lease has; nothing when it is to be no larger anywhere.</param>
/// <param name="Shares">Where.</param>
public sealed record ResizeResult(PlacementResult Placement, Resources Held, IReadOnlyList<NodeShare> Shares)
{
    public static ResizeResult Refuse(PlacementResult why) => new(why, Resources.None, []);
}

/// <summary>
/// The place of a running lease at another size. It has back for it what it has already; what it needs beside that is held. A
/// lease has one hold for all amendments that are signed and open, as large at each node as the largest of them: one comes true.
/// </summary>
internal static class Resizer
{
    private const long MiB = 1024 * 1024;

    public static ResizeResult Find(CapacityInput input, LeaseId id, Resources wanted)
    {
        if (input.Leases.FirstOrDefault(l => l.Id == id) is not { } lease)
            return ResizeResult.Refuse(Shortage.Refused(PlacementReasons.NoNodes, "the lease has nothing here"));
        var before = input.Holds.FirstOrDefault(h => h.Amends?.Lease == id);
        var others = input with { Holds = [.. input.Holds.Where(h => h != before)] };
        // 1. The whole of it, beside everybody else.
        //    Storage is no node's: it needs what the present terms do not have.
        var moreMiB = Math.Max(wanted.StorageMiB > lease.Resources.StorageMiB ? wanted.StorageMiB - lease.Resources.StorageMiB : 0, before?.Resources.StorageMiB ?? 0);
        var alone = others with { Nodes = [.. others.Nodes.Select(n => GiveBack(n, lease.Used))], Leases = [.. others.Leases.Where(l => l.Id != id)] };
        var found = CapacityBook.Draw(alone).Reserve(wanted with { StorageMiB = 0 });
        if (!found.Placement.Fits) return ResizeResult.Refuse(found.Placement);
        // 2. Without what it has at the same nodes; at least what is held for it.
        var book = CapacityBook.Draw(others);
        if (book.RefuseStorage(moreMiB) is { } full) return ResizeResult.Refuse(full);
        var shares = AtLeast(Beside(found.Shares, lease, book, input.Nodes, Need.Of(lease.Resources, input.ClassOfHash)), before?.Shares ?? []);
        var held = Sum(shares, [wanted.GpuA, wanted.GpuB, .. before is null ? [] : new[] { before.Resources.GpuA, before.Resources.GpuB }], input.ClassOfHash);
        // 3. As things stand: alone, others may have been found other places.
        return held is not null && book.Has(Need.Of(held, input.ClassOfHash), shares)
            ? new ResizeResult(found.Placement, held with { StorageMiB = moreMiB }, shares)
            : ResizeResult.Refuse(Shortage.Refused(PlacementReasons.Fragmented, "it would fit only if promises to others were moved: try a smaller size, or ask again later"));
    }

    private static NodeSnapshot GiveBack(NodeSnapshot node, IReadOnlyList<NodeUse> used) => used.Where(u => u.Node == node.Name).Aggregate(node, (n, use) => n with
    {
        Total = n.Total,
        Free = new NodeResources(
            n.Free.CpuMilli + use.Amount.CpuMilli, n.Free.MemoryBytes + use.Amount.MemoryBytes, n.Free.EphemeralBytes + use.Amount.EphemeralBytes,
            n.Free.Extended.ToDictionary(e => e.Key, e => e.Value + use.Amount.Extended.GetValueOrDefault(e.Key))),
        // They make room for the next ones.
        FreePods = n.FreePods + use.Pods,
    });

    private static NodeShare[] Beside(IReadOnlyList<NodeShare> whole, LeaseClaim lease, CapacityBook book, IReadOnlyList<NodeSnapshot> nodes, Need need)
    {
        var own = book.SharesOf(lease.Id).Concat(OwnUse(lease, nodes, need)).ToArray();
        var (cpu, memory) = (Sums(own, s => s.Node, s => s.CpuMilli), Sums(own, s => s.Node, s => s.MemoryBytes));
        var gpus = Sums(own, s => (s.Node, s.GpuClass), s => s.Gpus);
        return [.. whole.Select(s => s with
        {
            CpuMilli = Left(cpu, s.Node, s.CpuMilli),
            // Whole MiB, as reservations have them.
            MemoryBytes = (Left(memory, s.Node, s.MemoryBytes) + MiB - 1) / MiB * MiB,
            Gpus = Left(gpus, (s.Node, s.GpuClass), s.Gpus),
        }).Where(s => !s.IsNothing)];
    }

    // No more than it has a right to: pods that are larger than their lease, since that shrank, go.
    private static IEnumerable<NodeShare> OwnUse(LeaseClaim lease, IReadOnlyList<NodeSnapshot> nodes, Need right)
    {
        foreach (var share in UseReader.SharesOf(lease.Used, nodes))
        {
            yield return right.AtMost(share);
            right.Less(share);
        }
    }

    private static Dictionary<TKey, long> Sums<TKey>(IEnumerable<NodeShare> shares, Func<NodeShare, TKey> key, Func<NodeShare, long> amount)
        where TKey : notnull => shares.GroupBy(key).ToDictionary(g => g.Key, g => g.Sum(amount));

    // What lessens one share of a node lessens no other.
    private static long Left<TKey>(Dictionary<TKey, long> own, TKey key, long wanted)
        where TKey : notnull
    {
        var there = Math.Min(own.GetValueOrDefault(key), wanted);
        if (there > 0) own[key] -= there;
        return wanted - there;
    }

    private static NodeShare[] AtLeast(IReadOnlyList<NodeShare> shares, IReadOnlyList<NodeShare> least) =>
        [.. shares.Concat(least).GroupBy(s => (s.Node, s.GpuClass)).Select(g => new NodeShare(
            g.Key.Node, g.Max(s => s.CpuMilli), g.Max(s => s.MemoryBytes), g.Key.GpuClass, g.Max(s => s.Gpus)))];

    // Null when there are more classes among them than a reservation has slots.
    private static Resources? Sum(NodeShare[] shares, IReadOnlyList<GpuCount> slots, Func<string, string?> classOfHash)
    {
        GpuCount[] gpus = [.. shares.Where(s => s.Gpus > 0).GroupBy(s => s.GpuClass)
            .Select(g => new GpuCount(slots.First(slot => !slot.IsNone && classOfHash(slot.ClassHash) == g.Key).ClassHash, (ushort)g.Sum(s => s.Gpus)))];
        return gpus.Length > 2 ? null : new Resources(
            (uint)shares.Sum(s => s.CpuMilli), (uint)(shares.Sum(s => s.MemoryBytes) / MiB), 0, 0, gpus.ElementAtOrDefault(0) ?? GpuCount.None, gpus.ElementAtOrDefault(1) ?? GpuCount.None);
    }
}
