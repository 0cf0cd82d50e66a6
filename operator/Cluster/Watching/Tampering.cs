using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Events;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Watching;

/// <summary>Notes in the lease's Events what somebody else deleted of it: it is made again, and then nothing would show that it was gone.</summary>
internal static class Tampering
{
    // Jobs end by themselves; a namespace takes all that is in it along.
    private static readonly ResourceKind[] Kinds = [.. ClusterCache.IsolationKinds.Concat(ClusterCache.WorkloadKinds).Append(ResourceKinds.Ingress).Append(ClusterCache.HttpRoute).Except([ResourceKinds.Namespace, ResourceKinds.Job])];

    public static void Record(ClusterCache cache, EventRecorder events)
    {
        foreach (var kind in Kinds) cache.Of(kind).AddLostHandler(lost => Note(cache, events, lost));
    }

    private static void Note(ClusterCache cache, EventRecorder events, JsonObject lost)
    {
        var name = ObjectView.Key(lost).Namespace;
        // Watches of different kinds are told apart in time: what goes with its namespace may be told of before the namespace.
        if (cache.LeaseOf(name) is null || cache.Namespaces.Get(name) is not { } space || LeaseNamespaces.IsLeaving(space) || cache.Namespaces.IsDeleting(space)) return;
        if (cache.Leases.Get(name, name) is { } lease)
            events.Publish(lease, EventType.Warning, "Tampered", $"{WorkloadManifests.Name(lost)} was deleted, and not by the operator; while the lease runs it is made again.");
    }
}
