using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>Makes and removes the namespaces of leases, and never touches another's: 16 hex digits of an id can collide.</summary>
internal sealed class LeaseNamespaces(KubernetesClient client, ClusterCache cache, ClusterWriter writer) : ILeaseSpaces
{
    /// <exception cref="ClusterException">The name belongs to another lease, or the namespace is still on its way out.</exception>
    /// <param name="reserved">Called for what was held for the lease, when its namespace is made.</param>
    public async Task EnsureAsync(LeaseId id, CancellationToken cancellation, Func<Task<string?>>? reserved = null)
    {
        var manifest = NamespaceManifest.Build(id);
        var seen = cache.Namespaces.Get(id.Namespace);
        if (seen is null)
        {
            if (reserved is not null && await reserved() is { } text) manifest["metadata"]!["annotations"]![Names.ReservedAnnotation] = text;
            if (await writer.CreateAsync(cache.Namespaces, manifest, cancellation)) return;
            // There is one without our label, or the cache lags.
            seen = await ReadAsync(id, cancellation);
        }

        ClusterCache.RefuseCollision(seen, id);
        if (seen is null || IsLeaving(seen))
            throw new ClusterException("NamespaceTerminating", $"Namespace {id.Namespace} is being removed; it is made again when it is gone.", isTransient: true);
        // It stays what it was made with, and what amendments have added.
        if (seen.Annotation(Names.ReservedAnnotation) is { } kept) manifest["metadata"]!["annotations"]![Names.ReservedAnnotation] = kept;
        if (!ManifestComparer.Holds(seen, manifest)) await writer.ApplyAsync(cache.Namespaces, manifest, cancellation);
    }

    /// <summary>The lease has these shares of nodes beside those that it has. Said twice they are too many, which does no harm: they are where, not how much.</summary>
    public async Task ReserveAsync(LeaseId id, IReadOnlyList<NodeShare> more, CancellationToken cancellation)
    {
        if (cache.Namespaces.Get(id.Namespace) is not { } seen) return;
        var text = HoldMapper.ToText(NodeShare.Sum([.. HoldMapper.SharesFrom(seen.Annotation(Names.ReservedAnnotation)), .. more]));
        await writer.PatchAsync(cache.Namespaces, seen, patch => patch.Add(text, "metadata", "annotations", Names.ReservedAnnotation), cancellation);
    }

    /// <summary>The lease has these shares of nodes first, and those that it has as far as they do not suffice. Nothing is written where that stands.</summary>
    public async Task BindAsync(LeaseId id, IReadOnlyList<NodeShare> shares, CancellationToken cancellation)
    {
        if (cache.Namespaces.Get(id.Namespace) is not { } seen) return;
        var standing = HoldMapper.SharesFrom(seen.Annotation(Names.ReservedAnnotation));
        if (NodeShare.Same([.. standing.Take(shares.Count)], shares)) return;
        // As large as what is new: said again, one share would grow for ever.
        var older = standing.Where(s => shares.All(n => (n.Node, n.GpuClass) != (s.Node, s.GpuClass)));
        await writer.PatchAsync(cache.Namespaces, seen, patch => patch.Add(HoldMapper.ToText([.. shares, .. older]), "metadata", "annotations", Names.ReservedAnnotation), cancellation);
    }

    /// <summary>Removes the namespace as it stands on the server, not as the cache remembers it.</summary>
    /// <exception cref="ClusterException">The namespace belongs to another lease.</exception>
    public async Task RemoveAsync(LeaseId id, CancellationToken cancellation)
    {
        if (cache.Namespaces.Get(id.Namespace) is { } known && IsLeaving(known)) return;
        if (await ReadAsync(id, cancellation) is not { } seen) return;
        ClusterCache.RefuseCollision(seen, id);
        if (!IsLeaving(seen)) await writer.DeleteAsync(cache.Namespaces, seen, cancellation);
    }

    public Task<IReadOnlyList<LeaseId>> ListWithoutObjectAsync(CancellationToken cancellation)
    {
        var found = new List<LeaseId>();
        foreach (var space in cache.Namespaces.All())
            if (cache.Leases.Find(space.Key.Name, space.Key.Name) is null && cache.LeaseOf(space.Key.Name) is { } id && !IsLeaving(space.Tree)) found.Add(id);
        return Task.FromResult<IReadOnlyList<LeaseId>>(found);
    }

    public static bool IsLeaving(JsonObject space) => space.At("metadata", "deletionTimestamp") is not null;

    private Task<JsonObject?> ReadAsync(LeaseId id, CancellationToken cancellation) =>
        client.Resource(ResourceKinds.Namespace).GetAsync(id.Namespace, cancellationToken: cancellation);
}
