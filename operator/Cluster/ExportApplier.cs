using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>Makes and removes the one Job of a lease that sends a volume.</summary>
/// <param name="image">Empty where no volumes are sent.</param>
internal sealed class ExportApplier(ClusterCache cache, ClusterWriter writer, DatacenterView datacenter, string image)
{
    public ExportRun? Of(LeaseId id) => JobOf(id) is { } job ? ExportMapper.ToRun(job, cache.PodsIn(id.Namespace)) : null;

    public async Task EnsureAsync(EnsureExport ensure, CancellationToken cancellation)
    {
        datacenter.RefuseUnread();
        await RemoveAsync(ensure.Id, cancellation);
        // Where the one before is still on its way out, the next look makes it.
        var bytes = cache.Volumes.Get(ensure.Volume, ensure.Id.Namespace) is { } claim ? ItemMapper.BytesOf(claim) : 0;
        await writer.CreateAsync(cache.Of(ResourceKinds.Job), ExportManifest.Build(ensure, bytes, image, datacenter.RuntimeClass()), cancellation);
    }

    public async Task RemoveAsync(LeaseId id, CancellationToken cancellation)
    {
        if (JobOf(id) is { } job && job.At("metadata", "deletionTimestamp") is null) await writer.DeleteAsync(cache.Of(job), job, cancellation);
    }

    private JsonObject? JobOf(LeaseId id) => cache.Of(ResourceKinds.Job).Get(Names.ExportJob, id.Namespace);
}
