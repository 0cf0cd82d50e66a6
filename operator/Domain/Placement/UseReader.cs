using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>What a lease still has a right to beside its pods. Only pods on nodes that are there count: the others run no more.</summary>
internal sealed class UseReader(IEnumerable<NodeSnapshot> nodes)
{
    private Dictionary<string, NodeSnapshot>? byName;

    public Need Remaining(LeaseClaim lease, Func<string, string?> classOfHash)
    {
        var need = Need.Of(lease.Resources, classOfHash);
        if (lease.Used.Count == 0) return need;
        byName ??= nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (var use in lease.Used)
        {
            if (!byName.TryGetValue(use.Node, out var node)) continue;
            need.Less(use.Amount.CpuMilli, use.Amount.MemoryBytes, null, 0);
            if (use.Amount.Extended.Count == 0) continue;
            foreach (var (gpuClass, resource) in node.ExactClasses())
                need.Less(0, 0, gpuClass, use.Amount.Extended.GetValueOrDefault(resource));
        }

        return need;
    }
}
