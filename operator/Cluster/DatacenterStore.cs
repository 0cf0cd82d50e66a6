using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>The Datacenter object: its spec is the administrator's, its status the operator's.</summary>
internal sealed class DatacenterStore(ClusterCache cache, ClusterWriter writer, DatacenterView view, PodConfinement confinement, TimeProvider time) : IDatacenterStore
{
    // A head moves with every block: it is told, but it does not make the API server write for every block.
    private static readonly TimeSpan HeadsEvery = TimeSpan.FromMinutes(1);
    private DateTimeOffset headsAt = DateTimeOffset.MinValue;

    public async Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation)
    {
        if (view.Tree is not { } tree) return null;
        var record = DatacenterMapper.ToRecord(tree);
        return record with { RuntimeProblems = await confinement.ProblemsAsync(record.Spec, cancellation) };
    }

    public async Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation)
    {
        if (view.Tree is not { } tree) throw new ClusterException("DatacenterGone", $"There is no Datacenter {seen.Name}.", isTransient: true);
        var before = tree["status"]?.Deserialize<DatacenterEntityStatus>(KubernetesJson.Options);
        var now = time.GetUtcNow();
        var status = DatacenterMapper.ToStatus(report, before, seen.Generation, now);
        if (before is not null && (Same(before, status) || (now - headsAt < HeadsEvery && Same(before with { Chain = status.Chain }, status)))) return;
        headsAt = now;
        await writer.WriteStatusAsync(cache.Datacenters, tree, Tree(status), cancellation);
    }

    private static bool Same(DatacenterEntityStatus left, DatacenterEntityStatus right) => JsonNode.DeepEquals(Tree(left), Tree(right));

    private static JsonNode Tree(DatacenterEntityStatus status) => JsonSerializer.SerializeToNode(status, KubernetesJson.Options)!;
}
