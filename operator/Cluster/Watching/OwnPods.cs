using System.Collections.Concurrent;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Watching;

/// <summary>
/// Which pods in a lease's namespace are its workload's: those with the label that the operator's templates give, and, by their UIDs,
/// those that ever had it. Who takes the label away lets nobody run free of charge; who runs something there bills it to nobody.
/// </summary>
internal sealed class OwnPods(ObjectMirror leases)
{
    private const int MostForeign = 256;
    private const int MostForeignOfAll = 4096;

    private readonly ConcurrentDictionary<string, bool> stripped = new(StringComparer.Ordinal);
    private readonly Lock guard = new();

    // The same UIDs twice, the oldest first: of one lease, and of all.
    private readonly Dictionary<string, Queue<LinkedListNode<(string Space, string Uid)>>> gone = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Space, string Uid)> order = new();

    /// <summary>It sends a volume: the operator's, and nobody pays for it.</summary>
    public static bool IsExport(V1Pod pod) => pod.Metadata.Name?.StartsWith(Names.ExportJob + "-", StringComparison.Ordinal) == true;

    /// <summary>Before anybody asks about what it tells.</summary>
    public void Note(InformerEvent<V1Pod> change)
    {
        if (change.Old is { } old && UidOf(old) == UidOf(change.Object) && IsMarked(old) && !IsMarked(change.Object)) stripped[UidOf(old)] = true;
    }

    /// <summary>After everybody has asked: what is gone is not asked about again, but for whether it was foreign.</summary>
    public void Forget(InformerEvent<V1Pod> change)
    {
        if (change.Old is { } old && UidOf(old) != UidOf(change.Object)) Forget(old);
        if (change.Type == InformerEventType.Deleted) Forget(change.Object);
    }

    public bool Has(V1Pod pod) => !IsExport(pod) && (IsMarked(pod) || stripped.ContainsKey(UidOf(pod)) || IsHeld(pod));

    /// <summary>UIDs of foreign pods that this process saw go: their last samples come after that. The same objects as long as nothing changes.</summary>
    public IReadOnlyList<string> ForeignGone(string @namespace)
    {
        lock (guard) return gone.TryGetValue(@namespace, out var uids) ? [.. uids.Select(u => u.Value.Uid)] : [];
    }

    private void Forget(V1Pod pod)
    {
        var space = pod.Metadata.Namespace ?? "";
        if (space.StartsWith(LeaseUses.Prefix, StringComparison.Ordinal) && !Has(pod) && !IsExport(pod)) Add(space, UidOf(pod));
        stripped.TryRemove(UidOf(pod), out _);
    }

    private void Add(string space, string uid)
    {
        lock (guard)
        {
            if (!gone.TryGetValue(space, out var uids)) gone[space] = uids = new();
            uids.Enqueue(order.AddLast((space, uid)));
            // What a lease forgets by its own limit counts no more: else its haste would cost others what they still hold.
            if (uids.Count > MostForeign) order.Remove(uids.Dequeue());
            if (order.Count <= MostForeignOfAll) return;
            var oldest = order.First!.Value.Space;
            order.Remove(gone[oldest].Dequeue());
            if (gone[oldest].Count == 0) gone.Remove(oldest);
        }
    }

    // What a process before this one knew of it is in the lease's status.
    private bool IsHeld(V1Pod pod) =>
        pod.Metadata.Namespace is { } space && leases.Get(space, space) is { } lease && lease.Items("status", "holdings").Any(h => h.Text("podUid") == UidOf(pod));

    private static bool IsMarked(V1Pod pod) => pod.Metadata.Labels?.ContainsKey(Names.ItemLabel) == true;

    private static string UidOf(V1Pod pod) => pod.Metadata.Uid ?? "";
}
