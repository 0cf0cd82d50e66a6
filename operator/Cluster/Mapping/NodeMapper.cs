using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Nodes with what the pods on them leave free.</summary>
internal static class NodeMapper
{
    private const long MiB = 1024 * 1024;

    /// <param name="pods">Pods that are bound to this node, of any namespace, ended ones too.</param>
    public static NodeSnapshot ToSnapshot(V1Node node, IEnumerable<V1Pod> pods, NodePolicy policy)
    {
        var free = PodRequests.Read(node.Status?.Allocatable);
        var room = (long)free.GetValueOrDefault("pods");
        // A pod may be told twice under two versions: its UID is what counts.
        foreach (var pod in pods.Where(p => !PodMapper.HasEnded(p)).DistinctBy(p => p.Metadata.Uid))
        {
            room--;
            foreach (var (name, amount) in PodRequests.Of(pod)) free[name] = free.GetValueOrDefault(name) - amount;
        }

        var extended = free.Where(f => f.Key.Contains('/', StringComparison.Ordinal)).ToDictionary(f => f.Key, f => (long)decimal.Floor(f.Value));
        var resources = new NodeResources(
            (long)decimal.Floor(free.GetValueOrDefault("cpu") * 1000) - policy.ReservedCpuMilli,
            (long)decimal.Floor(free.GetValueOrDefault("memory")) - (policy.ReservedMemoryMiB * MiB),
            (long)decimal.Floor(free.GetValueOrDefault("ephemeral-storage")),
            extended);
        return new NodeSnapshot(node.Metadata.Name ?? "", resources, Math.Max(0, room), NodeHealth.Blocked(node), Classes(node, policy.GpuClasses));
    }

    /// <summary>Classes whose resource the node has and whose labels it carries, all of them.</summary>
    public static IReadOnlyDictionary<string, string> Classes(V1Node node, IReadOnlyDictionary<string, GpuPlacement> classes) => classes
        .Where(c => node.Status?.Allocatable?.ContainsKey(c.Value.Resource) == true)
        .Where(c => c.Value.NodeLabels.All(l => node.Metadata.Labels?.GetValueOrDefault(l.Key) == l.Value))
        .ToDictionary(c => c.Key, c => c.Value.Resource);
}

/// <summary>What the Datacenter object says about nodes.</summary>
internal sealed record NodePolicy(IReadOnlyDictionary<string, GpuPlacement> GpuClasses, long ReservedCpuMilli, long ReservedMemoryMiB)
{
    public static NodePolicy None { get; } = new(new Dictionary<string, GpuPlacement>(), 0, 0);
}
