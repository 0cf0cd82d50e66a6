using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Networks;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Events;

namespace Federation.Cluster;

/// <summary>Keeps the isolation of a lease as the manifests say, whoever touched it.</summary>
internal sealed class IsolationApplier(
    ClusterCache cache, ClusterWriter writer, LeaseNamespaces namespaces, DatacenterView datacenter, IHasher hasher, OwnRanges ranges, EventRecorder events)
{
    private const int MostNamed = 5;

    /// <returns>Null when an object is missing or is not what it should be.</returns>
    public string? HashOf(LeaseId id, LeaseTerms terms)
    {
        var manifests = Build(id, terms);
        return Forbidden(id).Length == 0 && manifests.All(m => cache.Find(m) is { } seen && ManifestComparer.Holds(seen, m)) ? IsolationManifests.Hash(manifests) : null;
    }

    public async Task EnsureAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation)
    {
        await namespaces.EnsureAsync(id, cancellation);
        // None of them needs another, and no workload is made before all are there.
        await Task.WhenAll(Build(id, terms).Select(manifest => EnsureAsync(id, manifest, cancellation)));
        foreach (var policy in Forbidden(id)) await writer.PatchAsync(cache.Of(policy), policy, ExposureManifests.Close, cancellation);
    }

    // Ports that the datacenter let out when the workload was applied, and does no longer: the workload is refused for the same.
    private JsonObject[] Forbidden(LeaseId id)
    {
        var open = cache.ExposuresOf(id).ToArray();
        return open.Sum(ExposureManifests.PortsOf) > datacenter.Ports()?.MaxPerLease ? open : [];
    }

    private async Task EnsureAsync(LeaseId id, JsonObject manifest, CancellationToken cancellation)
    {
        var seen = cache.Find(manifest);
        try
        {
            var restored = await writer.EnsureAsync(cache.Of(manifest), seen, manifest, cancellation);
            if (restored.Count > 0 && !IsEarlier(seen!, restored)) Tell(id, "IsolationRestored", $"{WorkloadManifests.Name(manifest)} was changed and has been set back: {string.Join(", ", restored.Take(MostNamed))}.");
        }
        catch (ClusterException refusal) when (seen is not null && refusal.InnerException is KubernetesException { IsInvalid: true })
        {
            // Somebody made another one of the name. The operator has no right to delete what keeps a lease in.
            Tell(id, "IsolationNotRestored", $"{WorkloadManifests.Name(manifest)} was changed in a field that cannot be set back: delete it, and it is made as it should be.");
            throw;
        }
    }

    private static bool IsEarlier(JsonObject seen, IReadOnlyList<Difference> restored) => seen.Text("kind") switch
    {
        "NetworkPolicy" => NetworkManifest.IsEarlier(seen, restored),
        "ResourceQuota" => QuotaManifest.IsEarlier(seen, restored),
        _ => false,
    };

    private IReadOnlyList<JsonObject> Build(LeaseId id, LeaseTerms terms) =>
        IsolationManifests.Build(id, terms, ranges.Rules with { NameServers = datacenter.NameServers() }, Gpus(terms.Resources), datacenter.Ports() ?? PortPolicy.None);

    // Every device resource of the datacenter is named, so that one that was not leased has a quota of zero.
    private Dictionary<string, uint> Gpus(Resources resources)
    {
        var classes = datacenter.Classes();
        var quota = classes.Values.Select(c => c.Resource).Distinct(StringComparer.Ordinal).ToDictionary(r => r, _ => 0u);
        foreach (var (name, placement) in classes)
        {
            var hash = hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(name));
            foreach (var leased in new[] { resources.GpuA, resources.GpuB })
                if (leased.ClassHash.Equals(hash, StringComparison.OrdinalIgnoreCase)) quota[placement.Resource] += leased.Count;
        }

        return quota;
    }

    private void Tell(LeaseId id, string reason, string message)
    {
        if (cache.Leases.Get(id.Namespace, id.Namespace) is { } lease) events.Publish(lease, EventType.Warning, reason, message);
    }
}
