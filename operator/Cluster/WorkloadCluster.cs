using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Domain.Leases;

namespace Federation.Cluster;

/// <summary>The cluster that leases run on: reads from caches, writes through the appliers.</summary>
internal sealed class WorkloadCluster(
    ClusterCache cache, LeaseNamespaces namespaces, IsolationApplier isolation, WorkloadApplier workloads, RouteApplier routes, DatacenterView datacenter) : IWorkloadCluster
{
    private const int MostHosts = 4;

    public Task<ClusterFacts> ObserveAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation)
    {
        var space = cache.Namespaces.Get(id.Namespace);
        if (space is null || space.Annotation(Names.LeaseIdAnnotation) != id.Hex) return Task.FromResult(ClusterFacts.Nothing);
        var objects = cache.WorkloadOf(id).ToArray();
        return Task.FromResult(new ClusterFacts(
            true,
            LeaseNamespaces.IsLeaving(space),
            isolation.HashOf(id, terms),
            WorkloadState.AppliedHash(objects),
            [.. objects.Where(o => o.Text("kind") is not ("Service" or "NetworkPolicy")).Select(ItemMapper.ToFact)],
            [.. cache.PodsIn(id.Namespace).Select(PodMapper.ToFact).OrderBy(p => p.Name, StringComparer.Ordinal)],
            [.. objects.Where(o => o.Text("kind") == "Service").SelectMany(o => EndpointMapper.Of(o, s => HostsOf(id, s)))])
        {
            Claims = [.. cache.Volumes.In(id.Namespace).Select(ItemMapper.ToClaim).OfType<ClaimFact>()],
            Volumes = [.. cache.Volumes.In(id.Namespace).Select(ItemMapper.ToVolume).OrderBy(v => v.Uid, StringComparer.Ordinal)],
            Routes = routes.Of(id),
        });
    }

    // Each of them leads there, and every further one would be a line in the status: a few are enough.
    private IReadOnlyList<string> HostsOf(LeaseId id, string item) => datacenter.Ports() is { Address.Length: > 0 } named
        ? [named.Address]
        : [.. cache.PodsIn(id.Namespace)
            .Where(p => p.Metadata.Labels?.GetValueOrDefault(Names.ItemLabel) == item && !PodMapper.HasEnded(p))
            .Select(p => p.Spec?.NodeName).OfType<string>().Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(n => EndpointMapper.AddressOf(cache.Nodes.Get(n))).OfType<string>().Take(MostHosts)];

    public Task ApplyAsync(LeaseEffect effect, CancellationToken cancellation) => effect switch
    {
        EnsureIsolation ensure => isolation.EnsureAsync(ensure.Id, ensure.Terms, cancellation),
        EnsureWorkload ensure => workloads.EnsureAsync(ensure, cancellation),
        SuspendWorkload suspend => workloads.SuspendAsync(suspend.Id, cancellation),
        EnsureRoutes ensure => routes.EnsureAsync(ensure, cancellation),
        StopWorkload stop => StopAsync(stop.Id, cancellation),
        RemoveNamespace remove => RemoveAsync(remove.Id, cancellation),
        _ => throw new ArgumentException($"{effect.GetType().Name} is no effect on the cluster.", nameof(effect)),
    };

    public Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation)
    {
        var seen = cache.Inventory.Read(datacenter.Policy());
        return Task.FromResult(seen with { GpuClasses = datacenter.Classes(), Intake = datacenter.Intake(), Keep = datacenter.Keep(), Ingress = datacenter.Offer(), ExposedPorts = datacenter.Ports()?.MaxPerLease ?? 0 });
    }

    // What leads to it goes first: what runs is what brings the next look here if this one fails.
    private async Task StopAsync(LeaseId id, CancellationToken cancellation)
    {
        await routes.RemoveAsync(id, cancellation);
        await workloads.StopAsync(id, cancellation);
    }

    // A namespace empties in any order: a name is not free before its route is gone.
    private async Task RemoveAsync(LeaseId id, CancellationToken cancellation)
    {
        await routes.RemoveAsync(id, cancellation);
        await namespaces.RemoveAsync(id, cancellation);
    }
}
