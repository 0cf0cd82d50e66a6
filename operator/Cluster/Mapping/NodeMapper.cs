using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Nodes with what the pods on them leave free.</summary>
internal static class NodeMapper
{
    private const long MiB = 1024 * 1024;

    /// <param name="used">By the pods that are bound to this node and have not ended.</param>
    /// <param name="found">Classes that its labels tell.</param>
    public static NodeSnapshot ToSnapshot(V1Node node, AmountSum used, NodePolicy policy, IReadOnlyDictionary<string, GpuPlacement> found)
    {
        // A device that is not healthy is in the capacity and not here.
        var allocatable = Quantities.Read(node.Status?.Allocatable);
        var all = Quantities.ToResources(allocatable, decimal.Floor);
        var total = all with { CpuMilli = all.CpuMilli - policy.ReservedCpuMilli, MemoryBytes = all.MemoryBytes - (policy.ReservedMemoryMiB * MiB) };
        var pods = (long)Math.Clamp(allocatable.GetValueOrDefault("pods"), 0, int.MaxValue);
        return new NodeSnapshot(node.Metadata.Name ?? "", used.Of(total), Math.Max(0, pods - used.Pods), NodeHealth.Blocked(node), Classes(node, policy, found))
        {
            Total = total,
            TotalPods = pods,
        };
    }

    /// <summary>
    /// Classes of the Datacenter object whose resource the node has and whose labels it carries, all of them; and those that
    /// its labels tell, of resources that the Datacenter object says nothing about here.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Classes(V1Node node, NodePolicy policy, IReadOnlyDictionary<string, GpuPlacement> found)
    {
        if (policy.GpuClasses.Count == 0 && found.Count == 0) return new Dictionary<string, string>();
        var named = policy.GpuClasses
            .Where(c => node.Status?.Allocatable?.ContainsKey(c.Value.Resource) == true)
            .Where(c => c.Value.NodeLabels.All(l => node.Metadata.Labels?.GetValueOrDefault(l.Key) == l.Value))
            .Where(c => !GpuLabels.IsShared(node, c.Value.Resource))
            .ToDictionary(c => c.Key, c => c.Value.Resource, StringComparer.Ordinal);
        var told = found.Where(f => !policy.GpuClasses.ContainsKey(f.Key) && !named.ContainsValue(f.Value.Resource)).ToArray();
        foreach (var (name, placement) in told) named[name] = placement.Resource;
        return named;
    }
}

/// <summary>What the Datacenter object says about nodes.</summary>
internal sealed record NodePolicy(IReadOnlyDictionary<string, GpuPlacement> GpuClasses, long ReservedCpuMilli, long ReservedMemoryMiB)
{
    public static NodePolicy None { get; } = new(new Dictionary<string, GpuPlacement>(), 0, 0);
}
