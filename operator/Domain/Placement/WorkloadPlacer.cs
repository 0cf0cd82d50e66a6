namespace Federation.Domain.Placement;

/// <summary>Where the pods of a delivered workload go.</summary>
/// <param name="Placement">A node for each of them, or why there is none for all together.</param>
/// <param name="Shares">What they take of which node; empty when they do not fit.</param>
/// <param name="IsWithin">All of it is the lease's already; else it is to be said first that it is, so that nobody else is promised it.</param>
public sealed record WorkloadPlace(PlacementResult Placement, IReadOnlyList<NodeShare> Shares, bool IsWithin);

/// <summary>
/// Places the pods of one lease on what the promises to all others leave. What it has itself comes first, alone: there it is in
/// nobody's way, and nothing has to be written down.
/// </summary>
/// <param name="left">What is promised to nobody, on the nodes that may be used.</param>
/// <param name="own">Shares that the lease has beside its pods.</param>
/// <param name="beside">Pods and scratch space that it has there, by node.</param>
/// <param name="used">Its pods that go, to make room for these.</param>
internal sealed class WorkloadPlacer(
    IReadOnlyList<NodeSnapshot> nodes, IReadOnlyList<Bin> left, IReadOnlyList<NodeShare> own, ILookup<string, (long Pods, long Scratch)> beside, IReadOnlyList<NodeUse> used)
{
    private readonly Dictionary<string, Bin> free = left.ToDictionary(b => b.Name, StringComparer.Ordinal);
    private readonly ILookup<string, NodeShare> shares = own.ToLookup(s => s.Node, StringComparer.Ordinal);
    private readonly ILookup<string, NodeUse> uses = used.ToLookup(u => u.Node, StringComparer.Ordinal);

    public WorkloadPlace Find(IReadOnlyCollection<PodDemand> demands)
    {
        var within = Placer.Place(demands, [.. nodes.Where(n => shares.Contains(n.Name) || uses.Contains(n.Name)).Select(n => Offer(n, isOwnOnly: true))]);
        if (within.Fits) return new WorkloadPlace(within, Taken(within, demands), IsWithin: true);
        var anywhere = Placer.Place(demands, [.. nodes.Select(n => Offer(n, isOwnOnly: false))]);
        return new WorkloadPlace(anywhere, Taken(anywhere, demands), IsWithin: false);
    }

    // Of pods and scratch space, which come with CPU, what is left counts in both cases: who wants more than its part finds it there.
    private NodeSnapshot Offer(NodeSnapshot node, bool isOwnOnly)
    {
        if (!free.TryGetValue(node.Name, out var bin)) return node;
        var (has, had) = (shares[node.Name], uses[node.Name]);
        var extended = node.ExactClasses().ToDictionary(
            c => c.Resource,
            c => (isOwnOnly ? 0 : bin.FreeGpus(c.Class)) + has.Where(s => s.GpuClass == c.Class).Sum(s => s.Gpus) + had.Sum(u => u.Amount.Extended.GetValueOrDefault(c.Resource)),
            StringComparer.Ordinal);
        return node with
        {
            Total = node.Total,
            Free = new NodeResources(
                (isOwnOnly ? 0 : bin.CpuMilli) + has.Sum(s => s.CpuMilli) + had.Sum(u => u.Amount.CpuMilli),
                (isOwnOnly ? 0 : bin.MemoryBytes) + has.Sum(s => s.MemoryBytes) + had.Sum(u => u.Amount.MemoryBytes),
                bin.EphemeralBytes + beside[node.Name].Sum(b => b.Scratch) + had.Sum(u => u.Amount.EphemeralBytes),
                extended),
            FreePods = bin.Pods + beside[node.Name].Sum(b => b.Pods) + had.Sum(u => u.Pods),
        };
    }

    private static NodeShare[] Taken(PlacementResult placed, IReadOnlyCollection<PodDemand> demands) => [.. NodeShare.Sum(demands
        .SelectMany(d => placed.Nodes.GetValueOrDefault(d.Name) ?? [], (d, node) => new NodeShare(node, d.CpuMilli, d.MemoryBytes, d.GpuClass, d.GpuCount)))];
}
