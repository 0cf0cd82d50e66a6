using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Watching;

/// <summary>Leases of which something changed. A lease waits in the queue once, however much happens to it.</summary>
internal sealed class LeaseChanges
{
    private readonly ConcurrentDictionary<LeaseId, bool> waiting = new();
    private readonly Channel<LeaseId> queue = Channel.CreateUnbounded<LeaseId>();
    private string version = "";

    private readonly ClusterCache cache;

    public LeaseChanges(ClusterCache cache)
    {
        this.cache = cache;
        foreach (var mirror in cache.OfLease)
            // A namespace that has gone is no longer in the cache, and just that must be told.
            mirror.AddHandler(seen => Note(mirror == cache.Namespaces ? cache.LeaseOf(seen) : cache.LeaseOf(seen.Key.Namespace)));
        cache.Pods.AddHandler(change =>
        {
            if (change.Type != InformerEventType.Resynced) Note(cache.LeaseOf(change.Object.Metadata.Namespace ?? ""));
        });
        // What the administrator asks of all leases, as draining, is theirs at once; the status beside it moves no generation.
        cache.Datacenters.AddHandler(seen =>
        {
            var now = $"{seen.Tree.Text("metadata", "uid")} {seen.Tree.Number("metadata", "generation")}";
            if (Interlocked.Exchange(ref version, now) != now) NoteAll(cache);
        });
        // A node that comes, goes, falls silent, moves or has other devices: where its pods are reached, and what they may ask for.
        cache.Nodes.AddHandler(change =>
        {
            // All leases are looked at once the caches are full.
            if (!cache.Informers.HasSynced) return;
            if (change.Type == InformerEventType.Added || change.Type == InformerEventType.Deleted || (change.Old is { } old && Says(old) != Says(change.Object))) NoteAll(cache);
        });
    }

    public async IAsyncEnumerable<LeaseId> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var id in queue.Reader.ReadAllAsync(cancellation))
        {
            // Before it is handed out: what happens from now on must wake it again.
            waiting.TryRemove(id, out _);
            yield return id;
        }
    }

    /// <summary>Something that is told of no object is another for all leases.</summary>
    public void WakeAll() => NoteAll(cache);

    // What a lease sees of one; its heartbeats are none of that.
    private static string Says(V1Node node) => string.Join('\n',
    [
        node.Status?.Conditions?.FirstOrDefault(c => c.Type == "Ready")?.Status ?? "",
        .. (node.Status?.Addresses ?? []).Select(a => $"{a.Type} {a.Address}"),
        .. (node.Status?.Allocatable ?? new Dictionary<string, string>()).Keys.Order(StringComparer.Ordinal),
        .. (node.Metadata.Labels ?? new Dictionary<string, string>()).Select(l => $"{l.Key}={l.Value}").Order(StringComparer.Ordinal),
    ]);

    private void NoteAll(ClusterCache cache)
    {
        foreach (var space in cache.Namespaces.All()) Note(cache.LeaseOf(space));
    }

    private void Note(LeaseId? lease)
    {
        if (lease is { } id && waiting.TryAdd(id, true)) queue.Writer.TryWrite(id);
    }
}
