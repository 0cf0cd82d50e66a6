using System.Collections.Concurrent;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Kubernetes.Events;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Watching;

/// <summary>Notes in a lease's Events what somebody else runs in its namespace, which is the operator's: each pod once.</summary>
internal sealed class ForeignPods(ClusterCache cache, EventRecorder events)
{
    private readonly ConcurrentDictionary<LeaseId, HashSet<string>> told = new();

    /// <returns>UIDs of those that are there, and of those that were.</returns>
    public IReadOnlyList<string> Tell(LeaseId id)
    {
        var there = cache.ForeignPodsOf(id).ToArray();
        if (there.Length == 0) told.TryRemove(id, out _);
        else if (cache.Leases.Get(id.Namespace, id.Namespace) is { } lease)
        {
            var before = told.GetValueOrDefault(id);
            foreach (var pod in there.Where(p => !PodMapper.HasEnded(p) && before?.Contains(p.Metadata.Uid ?? "") != true))
                events.Publish(lease, EventType.Warning, "ForeignPod", Say(pod));
            told[id] = [.. there.Select(p => p.Metadata.Uid ?? "")];
        }

        return [.. there.Select(p => p.Metadata.Uid ?? "").Concat(cache.Own.ForeignGone(id.Namespace)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static string Say(V1Pod pod)
    {
        var owner = pod.Metadata.OwnerReferences?.FirstOrDefault(o => o.Controller == true);
        var (name, maker) = ($"Pod/{pod.Metadata.Name}", owner is null ? "" : $" of {owner.Kind}/{owner.Name}");
        return $"{name}{maker} is in this lease's namespace and not of its workload: nobody is billed for it, but it takes of the lease's quota and is in its network. "
            + $"The operator does not remove it: delete {(owner is null ? name : $"{owner.Kind}/{owner.Name}, or what owns that,")} in {pod.Metadata.Namespace}.";
    }
}
