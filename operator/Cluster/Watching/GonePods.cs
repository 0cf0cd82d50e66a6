using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Watching;

/// <summary>
/// Pods of leases' workloads that this process saw go, as they last were: one that came and went between two looks held its devices all the same.
/// Kept for as long as a lease's looks may have to wait, the latest of them.
/// </summary>
internal sealed class GonePods(TimeProvider time, OwnPods own)
{
    private const int MostOfOne = 1024;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);
    private readonly Lock guard = new();
    private readonly Dictionary<string, Queue<PodFact>> byNamespace = new(StringComparer.Ordinal);
    private readonly Queue<(string Namespace, PodFact Pod)> order = new();

    public void Handle(InformerEvent<V1Pod> change)
    {
        // Under one name another pod may have come without anybody telling that the first one went.
        if (change.Old is { } old && old.Metadata.Uid != change.Object.Metadata.Uid) Add(old);
        if (change.Type == InformerEventType.Deleted) Add(change.Object);
    }

    /// <summary>The same objects as long as nothing changes.</summary>
    public IReadOnlyList<PodFact> In(string @namespace)
    {
        lock (guard)
        {
            Drop();
            return byNamespace.TryGetValue(@namespace, out var gone) ? [.. gone] : [];
        }
    }

    private void Add(V1Pod pod)
    {
        if (pod.Metadata.Namespace is not { } space || !space.StartsWith(LeaseUses.Prefix, StringComparison.Ordinal)) return;
        if (!own.Has(pod)) return;
        // It may have ended long before its object goes, and then its containers say so.
        var fact = PodMapper.ToGone(pod, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (!fact.HasStarted) return;
        lock (guard)
        {
            Drop();
            if (!byNamespace.TryGetValue(space, out var gone)) byNamespace[space] = gone = new();
            gone.Enqueue(fact);
            order.Enqueue((space, fact));
            if (gone.Count > MostOfOne) gone.Dequeue();
        }
    }

    private void Drop()
    {
        var before = (time.GetUtcNow() - Kept).ToUnixTimeMilliseconds();
        while (order.TryPeek(out var oldest) && oldest.Pod.GoneAtMs < before)
        {
            order.Dequeue();
            var gone = byNamespace[oldest.Namespace];
            if (gone.TryPeek(out var first) && ReferenceEquals(first, oldest.Pod)) gone.Dequeue();
            if (gone.Count == 0) byNamespace.Remove(oldest.Namespace);
        }
    }
}
