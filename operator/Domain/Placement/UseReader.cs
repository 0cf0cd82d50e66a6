using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>What a lease still has a right to beside its pods. Only pods on nodes that are there count: the others run no more.</summary>
internal sealed class UseReader(IEnumerable<NodeSnapshot> nodes)
{
    private const long MiB = 1024 * 1024;

    private Dictionary<string, NodeSnapshot>? byName;

    public Need Remaining(LeaseClaim lease, Func<string, string?> classOfHash)
    {
        var need = Need.Of(lease.Resources, classOfHash);
        need.LessScratch(lease.VolumesMiB * MiB);
        if (lease.Used.Count == 0) return need;
        byName ??= nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (var use in lease.Used)
        {
            if (!byName.TryGetValue(use.Node, out var node)) continue;
            need.Less(use.Amount.CpuMilli, use.Amount.MemoryBytes, null, 0);
            need.LessScratch(use.Amount.EphemeralBytes);
            if (use.Amount.Extended.Count == 0) continue;
            foreach (var (gpuClass, resource) in node.ExactClasses())
                need.Less(0, 0, gpuClass, use.Amount.Extended.GetValueOrDefault(resource));
        }

        return need;
    }

    /// <summary>
    /// What its pods take beyond what it reserves, for people; null when they do not. Of storage that is what its volumes leave: they stay
    /// when its pods are stopped, so alone they are nothing that can be had back.
    /// </summary>
    public string? Excess(LeaseClaim lease, Func<string, string?> classOfHash)
    {
        if (lease.Used.Count == 0) return null;
        var used = SharesOf(lease.Used, nodes).ToArray();
        var reserved = Need.Of(lease.Resources, classOfHash);
        var scratch = lease.Used.Join(nodes, u => u.Node, n => n.Name, (u, _) => u.Amount.EphemeralBytes).Sum();
        var gpus = reserved.Gpus.ToDictionary(g => g.Class, g => g.Count, StringComparer.Ordinal);
        (string What, long Used, long Reserved)[] amounts =
        [
            ("millicores", used.Sum(s => s.CpuMilli), reserved.CpuMilli), ("bytes of memory", used.Sum(s => s.MemoryBytes), reserved.MemoryBytes),
            ("MiB of storage with its volumes", scratch == 0 ? 0 : lease.VolumesMiB + ((scratch + MiB - 1) / MiB), lease.Resources.StorageMiB),
            .. used.Where(s => s.Gpus > 0).GroupBy(s => s.GpuClass!).Select(g => ($"devices of {g.Key}", g.Sum(s => s.Gpus), gpus.GetValueOrDefault(g.Key))),
        ];
        return amounts.Where(a => a.Used > a.Reserved).Select(a => $"its pods take {a.Used} {a.What}, the lease reserves {a.Reserved}").FirstOrDefault();
    }

    /// <summary>The same as shares of nodes; one for each class of devices.</summary>
    public static IEnumerable<NodeShare> SharesOf(IReadOnlyList<NodeUse> used, IEnumerable<NodeSnapshot> nodes)
    {
        foreach (var (use, node) in used.Join(nodes, u => u.Node, n => n.Name, (u, n) => (u, n)))
        {
            yield return new NodeShare(node.Name, use.Amount.CpuMilli, use.Amount.MemoryBytes, null, 0);
            foreach (var (gpuClass, resource) in node.ExactClasses())
                if (use.Amount.Extended.GetValueOrDefault(resource) is > 0 and var count) yield return new NodeShare(node.Name, 0, 0, gpuClass, count);
        }
    }
}
