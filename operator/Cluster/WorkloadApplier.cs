using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>Makes the objects of a workload exactly what the workload says, or removes them all.</summary>
internal sealed class WorkloadApplier(ClusterCache cache, ClusterWriter writer, DatacenterView datacenter, PodConfinement confinement, ServerFeatures features, PortBook ports, VolumeGrower volumes, PodBinder binder, IHasher hasher)
{
    public async Task EnsureAsync(EnsureWorkload ensure, CancellationToken cancellation)
    {
        datacenter.RefuseUnread();
        var affinities = binder.Kept(ensure);
        var context = await ContextAsync(ensure, cancellation) with { Affinities = affinities };
        var wanted = WorkloadManifests.Build(context, ensure.Workload);
        if (binder.Renew(ensure, wanted, affinities)) wanted = WorkloadManifests.Build(context, ensure.Workload);
        var names = wanted.Select(WorkloadManifests.Name).ToHashSet(StringComparer.Ordinal);
        // Before what runs is touched: where they cannot grow, it goes on.
        await volumes.EnsureAsync(ensure.Id, ensure.Workload, cancellation);
        await binder.ReserveAsync(ensure.Id, ensure.Reserve, cancellation);
        foreach (var extra in cache.WorkloadOf(ensure.Id).Where(o => !names.Contains(WorkloadManifests.Name(o))))
            await RemoveAsync(extra, cancellation);
        foreach (var manifest in wanted) await EnsureAsync(manifest, cancellation);
    }

    /// <summary>What runs stands still, as it stands in the cluster: the tenant's wishes have no say in it. The next Ensure wakes it.</summary>
    public async Task SuspendAsync(LeaseId id, CancellationToken cancellation)
    {
        foreach (var one in cache.WorkloadOf(id))
        {
            if (one.Number("spec", "replicas") > 0) await writer.PatchAsync(cache.Of(one), one, p => p.Replace(0, "spec", "replicas"), cancellation);
            if (one.Text("kind") != "Job" || ItemMapper.ToFact(one) is { IsOver: true } or { IsSuspended: true }) continue;
            if (await features.CanSuspendJobsAsync(cancellation)) await writer.PatchAsync(cache.Of(one), one, p => p.Add(true, "spec", "suspend"), cancellation);
            // It is made again, from its beginning; what has ended of it is in the lease's status.
            else await RemoveAsync(one, cancellation);
        }
    }

    public async Task RemindAsync(RemindJob remind, CancellationToken cancellation)
    {
        foreach (var one in cache.WorkloadOf(remind.Id).Where(o => o.Text("kind") == "Job" && o.Text("metadata", "name") == remind.Item))
            await writer.PatchAsync(cache.Of(one), one, p => p.Add($"{remind.AtMs}", "metadata", "annotations", Names.OverdueAnnotation), cancellation);
    }

    public async Task StopAsync(LeaseId id, CancellationToken cancellation)
    {
        foreach (var one in cache.WorkloadOf(id)) await RemoveAsync(one, cancellation);
        ports.GiveBack(id);
    }

    private async Task EnsureAsync(JsonObject manifest, CancellationToken cancellation)
    {
        var seen = cache.Find(manifest);
        try
        {
            await writer.EnsureAsync(cache.Of(manifest), seen, manifest, cancellation);
        }
        catch (ClusterException e) when (seen is not null && manifest.Text("kind") == "Service" && e.InnerException is KubernetesException { IsInvalid: true } refusal && IsDoubled(refusal))
        {
            // Ports merge by their numbers: one whose number somebody changed would stand beside ours, under the same name.
            await writer.PatchAsync(cache.Of(manifest), seen, p => p.Replace(manifest.At("spec", "ports")!.DeepClone(), "spec", "ports"), cancellation);
        }
        catch (ClusterException e) when (seen is not null && e.InnerException is KubernetesException { IsInvalid: true } refusal && IsFixed(refusal))
        {
            // Such a field cannot be set back in place: the object goes, and the next pass makes it anew.
            await writer.DeleteAsync(cache.Of(manifest), seen, cancellation);
            throw new ClusterException("Replacing", $"{WorkloadManifests.Name(manifest)} differs in a field that cannot change; it is made anew.", isTransient: true, e);
        }
    }

    private Task RemoveAsync(JsonObject one, CancellationToken cancellation)
    {
        if (one.At("metadata", "deletionTimestamp") is not null) return Task.CompletedTask;
        return one.Text("kind") == "NetworkPolicy"
            ? writer.PatchAsync(cache.Of(one), one, ExposureManifests.Close, cancellation)
            : writer.DeleteAsync(cache.Of(one), one, cancellation);
    }

    private static bool IsDoubled(KubernetesException refusal) => refusal.Message.Contains("Duplicate value", StringComparison.Ordinal);

    private static bool IsFixed(KubernetesException refusal) =>
        refusal.Message.Contains("immutable", StringComparison.Ordinal) || refusal.Message.Contains("updates to statefulset spec", StringComparison.Ordinal);

    private async Task<WorkloadContext> ContextAsync(EnsureWorkload ensure, CancellationToken cancellation) => new(
        ensure.Id,
        ensure.SpecHash,
        ensure.GpuResources,
        ensure.GpuResources.Keys.ToDictionary(name => name, name => Slot(ensure.Terms, name)),
        datacenter.StorageClass())
    {
        RuntimeClass = datacenter.RuntimeClass(),
        OwnUsers = await OwnUsersAsync(ensure, cancellation),
        Ports = datacenter.Ports() ?? PortPolicy.None,
        Numbers = ports.Take(ensure.Id, ensure.Workload),
        Governing = cache.Of(ResourceKinds.StatefulSet).In(ensure.Id.Namespace).ToDictionary(s => s.Text("metadata", "name") ?? "", s => s.Text("spec", "serviceName") ?? "", StringComparer.Ordinal),
        CanSuspendJobs = ensure.Workload.Jobs.Count > 0 && await features.CanSuspendJobsAsync(cancellation),
        CanIndexJobs = ensure.Workload.Jobs.Count > 0 && await features.CanIndexJobsAsync(cancellation),
        StandingJobs = cache.Of(ResourceKinds.Job).In(ensure.Id.Namespace).Where(j => j.At("metadata", "deletionTimestamp") is null).ToDictionary(j => j.Text("metadata", "name") ?? "", StringComparer.Ordinal),
    };

    // By RuntimeClass of the workload's pods.
    private async Task<IReadOnlyDictionary<string, OwnUsers>> OwnUsersAsync(EnsureWorkload ensure, CancellationToken cancellation)
    {
        var (wanted, users) = (datacenter.UserNamespaces(), new Dictionary<string, OwnUsers>(StringComparer.Ordinal));
        if (wanted == UserNamespaces.Off) return users;
        foreach (var runtime in ensure.GpuResources.Values.Select(g => g.RuntimeClass).Where(r => r.Length > 0).Append(datacenter.RuntimeClass()).Distinct(StringComparer.Ordinal))
        {
            if (await confinement.WhyNoUserNamespacesAsync(runtime, cancellation) is not { } cause) users[runtime] = wanted == UserNamespaces.Require ? OwnUsers.Always : OwnUsers.WithoutVolumes;
            else if (wanted == UserNamespaces.Require) throw new ClusterException(RuntimeRules.UserNamespacesMissing, RuntimeRules.NoUserNamespaces(runtime, cause).Message, isTransient: true);
        }

        return users;
    }

    private string Slot(LeaseTerms terms, string gpuClass) =>
        hasher.Keccak256(Encoding.UTF8.GetBytes(gpuClass)).Equals(terms.Resources.GpuA.ClassHash, StringComparison.OrdinalIgnoreCase) ? "a" : "b";
}
