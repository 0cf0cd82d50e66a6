using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Networks;
using Federation.Cluster.Watching;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>The cluster that leases run on: reads from caches, writes through the appliers.</summary>
internal sealed class WorkloadCluster(
    ClusterCache cache, LeaseNamespaces namespaces, IsolationApplier isolation, WorkloadApplier workloads, RouteApplier routes, ExportApplier exports, DatacenterView datacenter, PortBook ports, VolumeBook volumes, OwnRanges ranges, ForeignPods foreigners) : IWorkloadCluster
{
    private const int MostHosts = 4;

    // Most looks see what the one before saw. All that the facts are made of is compared by reference: whatever changes, in the
    // lease or in what the datacenter says, is another object.
    private readonly ConcurrentDictionary<LeaseId, (object?[] Sight, ClusterFacts Facts)> looked = new();

    public Task<ClusterFacts> ObserveAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation)
    {
        // Before the caches are read: what they are told meanwhile is in the facts or not.
        var asOf = cache.AsOfMs;
        var sight = Sight(id, terms);
        // What was refused of routes is no object, and counts for a time.
        var lasts = !routes.HasRefused(id);
        if (lasts && looked.TryGetValue(id, out var known) && IsSame(known.Sight, sight)) return Task.FromResult(known.Facts with { AsOfMs = asOf });
        var facts = Read(id, terms);
        // What changed meanwhile may be in the facts or not.
        if (lasts && facts.NamespaceExists && IsSame(sight, Sight(id, terms))) looked[id] = (sight, facts);
        else looked.TryRemove(id, out _);
        return Task.FromResult(facts.NamespaceExists ? facts with { AsOfMs = asOf } : facts);
    }

    private object?[] Sight(LeaseId id, LeaseTerms terms) =>
        [terms, ranges.Rules, datacenter.NameServers(), datacenter.Classes(), datacenter.Ports(), datacenter.Ingress(), .. cache.SightOf(id.Namespace)];

    private static bool IsSame(object?[] left, object?[] right) => left.AsSpan().SequenceEqual(right, ReferenceEqualityComparer.Instance);

    private ClusterFacts Read(LeaseId id, LeaseTerms terms)
    {
        if (cache.LeaseOf(id.Namespace) != id || cache.Namespaces.Get(id.Namespace) is not { } space) return ClusterFacts.Nothing;
        var objects = cache.WorkloadOf(id).ToArray();
        return new ClusterFacts(
            true,
            LeaseNamespaces.IsLeaving(space),
            isolation.HashOf(id, terms),
            WorkloadState.AppliedHash(objects),
            [.. objects.Where(o => o.Text("kind") is not ("Service" or "NetworkPolicy")).Select(ItemMapper.ToFact)],
            [.. cache.WorkloadPodsOf(id).Select(p => PodMapper.ToFact(p, NodeOf(p))).OrderBy(p => p.Name, StringComparer.Ordinal)],
            [.. objects.Where(o => o.Text("kind") == "Service").SelectMany(o => EndpointMapper.Of(o, s => HostsOf(id, s)))])
        {
            Claims = [.. cache.Volumes.In(id.Namespace).Select(c => ItemMapper.ToClaim(c, cache.CanGrow(c))).OfType<ClaimFact>()],
            Volumes = [.. cache.Volumes.In(id.Namespace).Select(ItemMapper.ToVolume).OrderBy(v => v.Uid, StringComparer.Ordinal)],
            VolumeNames = [.. cache.Volumes.In(id.Namespace).Select(v => ObjectView.Key(v).Name).Order(StringComparer.Ordinal)],
            Gone = cache.Gone.In(id.Namespace),
            Foreign = foreigners.Tell(id),
            Export = exports.Of(id),
            Routes = routes.Of(id),
        };
    }

    private V1Node? NodeOf(V1Pod pod) => pod.Spec?.NodeName is { Length: > 0 } node ? cache.Nodes.Get(node) : null;

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
        RemindJob remind => workloads.RemindAsync(remind, cancellation),
        EnsureRoutes ensure => routes.EnsureAsync(ensure, cancellation),
        StopWorkload stop => StopAsync(stop.Id, cancellation),
        EnsureExport ensure => exports.EnsureAsync(ensure, cancellation),
        RemoveExport remove => exports.RemoveAsync(remove.Id, cancellation),
        RemoveNamespace remove => RemoveAsync(remove.Id, cancellation),
        _ => throw new ArgumentException($"{effect.GetType().Name} is no effect on the cluster.", nameof(effect)),
    };

    public Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation)
    {
        var seen = cache.Inventory.Read(datacenter.Policy());
        return Task.FromResult(seen with
        {
            GpuClasses = datacenter.Classes(), Intake = datacenter.Intake(), Keep = datacenter.Keep(), Ingress = datacenter.Offer(),
            LeastVolumeMiB = datacenter.LeastVolumeMiB(), ExposedPorts = datacenter.Ports()?.MaxPerLease ?? 0, PortUse = ports.Use(),
            // First whether, then what: it may be read for the first time in between.
            IsStorageRead = datacenter.WasRead(), Volumes = volumes.Read(), StorageMiB = datacenter.StorageMiB(),
        });
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
