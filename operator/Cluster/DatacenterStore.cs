using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>The Datacenter object: its spec is the administrator's, its status the operator's.</summary>
internal sealed class DatacenterStore(ClusterCache cache, ClusterWriter writer, DatacenterView view, PodConfinement confinement, TimeProvider time) : IDatacenterStore
{
    // A head moves with every block, which is no news: it is told with whatever else is, and by the hour. One whose lag has
    // changed by so much is told every minute.
    private const long LagNews = 60;
    private static readonly TimeSpan HeadsEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan LagEvery = TimeSpan.FromMinutes(1);
    private DateTimeOffset headsAt = time.GetUtcNow();
    private volatile Reading? last;

    public async Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation)
    {
        if (view.Tree is not { } tree) return null;
        // Asked for every other second, and a whole spec to read.
        if (last is not { } known || !ReferenceEquals(known.Tree, tree)) last = known = new(tree, DatacenterMapper.ToRecord(tree));
        var record = known.Record;
        return record with { RuntimeProblems = await confinement.ProblemsAsync(record.Spec, cancellation), RetainingClass = VolumeClass.Retaining(cache.StorageClasses.List(), record.Spec.StorageClass) };
    }

    public async Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation)
    {
        if (view.Tree is not { } tree) throw new ClusterException("DatacenterGone", $"There is no Datacenter {seen.Name}.", isTransient: true);
        var before = Before(tree);
        var now = time.GetUtcNow();
        var status = DatacenterMapper.ToStatus(report, before, seen.Generation, now);
        if (before is not null && !IsHeadDue(before.Chain, status.Chain, now - headsAt) && Same(before with { Chain = status.Chain, EarningsSource = status.EarningsSource }, status)) return;
        headsAt = now;
        await writer.WriteStatusAsync(cache.Datacenters, tree, Tree(status), cancellation);
    }

    private static bool IsHeadDue(ChainStatus? told, ChainStatus? now, TimeSpan since) => told != now
        && since >= (told is not null && now is not null && Math.Abs(told.LagSeconds - now.LagSeconds) < LagNews ? HeadsEvery : LagEvery);

    public async Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation)
    {
        if (view.Tree is not { } tree) return;
        var before = Before(tree) ?? new DatacenterEntityStatus();
        var status = DatacenterMapper.WithConditions(before, conditions, tree.Number("metadata", "generation"), time.GetUtcNow());
        if (!Same(before, status)) await writer.WriteStatusAsync(cache.Datacenters, tree, Tree(status), cancellation);
    }

    private static DatacenterEntityStatus? Before(JsonObject tree) => tree["status"]?.Deserialize<DatacenterEntityStatus>(KubernetesJson.Options);

    private static bool Same(DatacenterEntityStatus left, DatacenterEntityStatus right) => JsonNode.DeepEquals(Tree(left), Tree(right));

    private static JsonNode Tree(DatacenterEntityStatus status) => JsonSerializer.SerializeToNode(status, KubernetesJson.Options)!;

    private sealed record Reading(JsonObject Tree, DatacenterRecord Record);
}
