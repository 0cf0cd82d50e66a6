using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;

namespace Federation.Cluster;

/// <summary>Makes the objects of a workload exactly what the workload says, or removes them all.</summary>
internal sealed class WorkloadApplier(ClusterCache cache, ClusterWriter writer, DatacenterView datacenter, IHasher hasher)
{
    public async Task EnsureAsync(EnsureWorkload ensure, CancellationToken cancellation)
    {
        var wanted = WorkloadManifests.Build(Context(ensure), ensure.Workload);
        var names = wanted.Select(WorkloadManifests.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var extra in cache.WorkloadOf(ensure.Id).Where(o => !names.Contains(WorkloadManifests.Name(o))))
            await RemoveAsync(extra, cancellation);
        foreach (var manifest in wanted) await EnsureAsync(manifest, cancellation);
    }

    public async Task StopAsync(LeaseId id, CancellationToken cancellation)
    {
        foreach (var one in cache.WorkloadOf(id)) await RemoveAsync(one, cancellation);
    }

    private async Task EnsureAsync(JsonObject manifest, CancellationToken cancellation)
    {
        var seen = cache.Find(manifest);
        if (seen is not null && ManifestComparer.Holds(seen, manifest)) return;
        try
        {
            await writer.ApplyAsync(cache.Of(manifest), manifest, cancellation);
        }
        catch (ClusterException e) when (seen is not null && e.InnerException is KubernetesException { IsInvalid: true } refusal && IsFixed(refusal))
        {
            // Such a field cannot be set back in place: the object goes, and the next pass makes it anew.
            await writer.DeleteAsync(cache.Of(manifest), seen, cancellation);
            throw new ClusterException("Replacing", $"{WorkloadManifests.Name(manifest)} differs in a field that cannot change; it is made anew.", isTransient: true, e);
        }
    }

    private Task RemoveAsync(JsonObject one, CancellationToken cancellation) =>
        one.At("metadata", "deletionTimestamp") is null ? writer.DeleteAsync(cache.Of(one), one, cancellation) : Task.CompletedTask;

    private static bool IsFixed(KubernetesException refusal) =>
        refusal.Message.Contains("immutable", StringComparison.Ordinal) || refusal.Message.Contains("updates to statefulset spec", StringComparison.Ordinal);

    private WorkloadContext Context(EnsureWorkload ensure) => new(
        ensure.Id,
        ensure.SpecHash,
        ensure.GpuResources,
        ensure.GpuResources.Keys.ToDictionary(name => name, name => Slot(ensure.Terms, name)),
        datacenter.StorageClass());

    private string Slot(LeaseTerms terms, string gpuClass) =>
        hasher.Keccak256(Encoding.UTF8.GetBytes(gpuClass)).Equals(terms.Resources.GpuA.ClassHash, StringComparison.OrdinalIgnoreCase) ? "a" : "b";
}
