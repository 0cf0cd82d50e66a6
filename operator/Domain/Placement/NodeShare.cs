namespace Federation.Domain.Placement;

/// <summary>A part of one node that somebody was promised. Devices are of one model; a node that gives two has two shares.</summary>
public sealed record NodeShare(string Node, long CpuMilli, long MemoryBytes, string? GpuClass, long Gpus)
{
    /// <summary>One share for each node and class: what they come to together.</summary>
    public static IReadOnlyList<NodeShare> Sum(IEnumerable<NodeShare> shares) => [.. shares.GroupBy(s => (s.Node, s.GpuClass))
        .Select(g => new NodeShare(g.Key.Node, g.Sum(s => s.CpuMilli), g.Sum(s => s.MemoryBytes), g.Key.GpuClass, g.Sum(s => s.Gpus)))];

    /// <summary>The same of the same nodes, in whatever order.</summary>
    public static bool Same(IReadOnlyList<NodeShare> left, IReadOnlyList<NodeShare> right) => left.Count == right.Count && left.ToHashSet().SetEquals(right);

    internal bool IsNothing => CpuMilli <= 0 && MemoryBytes <= 0 && Gpus <= 0;
}

/// <summary>What the pods of one lease that are bound to a node, and have not ended, ask for there.</summary>
public sealed record NodeUse(string Node, NodeResources Amount)
{
    /// <summary>How many they are.</summary>
    public long Pods { get; init; } = 1;

    /// <summary>Without some of them.</summary>
    public NodeUse Less(NodeUse other) => this with
    {
        Amount = new NodeResources(
            Math.Max(0, Amount.CpuMilli - other.Amount.CpuMilli), Math.Max(0, Amount.MemoryBytes - other.Amount.MemoryBytes), Math.Max(0, Amount.EphemeralBytes - other.Amount.EphemeralBytes),
            Amount.Extended.ToDictionary(e => e.Key, e => Math.Max(0, e.Value - other.Amount.Extended.GetValueOrDefault(e.Key)), StringComparer.Ordinal)),
        Pods = Math.Max(0, Pods - other.Pods),
    };
}
