using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;

namespace Federation.Cluster;

/// <summary>This member's Datacenter object, from the cache.</summary>
internal sealed class DatacenterView(ClusterCache cache, string name)
{
    private (JsonObject? Tree, NodePolicy Policy, string StorageClass) last = (null, NodePolicy.None, "");

    public JsonObject? Tree => cache.Datacenters.Get(name);

    /// <summary>As long as the object is missing or broken, what it last said holds: a typing error must not change running leases.</summary>
    public NodePolicy Policy() => Read().Policy;

    public string StorageClass() => Read().StorageClass;

    private (JsonObject? Tree, NodePolicy Policy, string StorageClass) Read()
    {
        var (known, tree) = (last, Tree);
        if (tree is null || ReferenceEquals(tree, known.Tree)) return known;
        try
        {
            var spec = DatacenterMapper.ToRecord(tree).Spec;
            return last = (tree, new NodePolicy(spec.GpuClasses, spec.ReservedCpuMilli, spec.ReservedMemoryMiB), spec.StorageClass);
        }
        catch (ClusterException)
        {
            // The store tells its reader; here the last good one goes on.
            return last = known with { Tree = tree };
        }
    }
}
