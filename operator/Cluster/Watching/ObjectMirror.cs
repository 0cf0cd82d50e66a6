using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Watching;

/// <summary>
/// An informer's objects, and over them what this process wrote and the informer has not yet seen: a pass right after
/// a write must find it done. Trees are shared: nobody changes one.
/// </summary>
internal sealed class ObjectMirror
{
    private const string ByNamespace = "namespace";

    // A write that the informer never shows (made and removed between two looks) must not stay for ever.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Informer<PackedObject> informer;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<ObjectKey, Written> written = new();
    private readonly ConcurrentDictionary<string, bool> going = new();
    private Action<JsonObject>? lost;
    private long changes;

    public ObjectMirror(Informer<PackedObject> informer, TimeProvider time)
    {
        (this.informer, this.time) = (informer, time);
        informer.AddIndex(ByNamespace, seen => [seen.Key.Namespace]);
        informer.AddHandler(Seen);
    }

    public ResourceKind Kind => informer.Kind;

    /// <summary>Grows with every change; null while own writes lie over the cache, which end by time too.</summary>
    public long? ChangeCount => written.IsEmpty ? Interlocked.Read(ref changes) : null;

    public void AddHandler(Action<PackedObject> changed) => informer.AddHandler(change =>
    {
        if (change.Type != InformerEventType.Resynced) changed(change.Object);
    });

    /// <summary>Calls back on objects that went, and not by this process' hand.</summary>
    public void AddLostHandler(Action<JsonObject> handler) => lost += handler;

    public JsonObject? Get(string name, string? @namespace = null) => Find(name, @namespace)?.Tree;

    public IEnumerable<JsonObject> In(string @namespace) => AllIn(@namespace).Select(seen => seen.Tree);

    /// <summary>Without reading it: one object for each version.</summary>
    public PackedObject? Find(string name, string? @namespace = null)
    {
        var key = new ObjectKey(@namespace ?? "", name);
        return written.TryGetValue(key, out var own) && IsFresh(own) ? own.Object : informer.Get(key);
    }

    /// <inheritdoc cref="Find"/>
    public IReadOnlyList<PackedObject> All() => Merge(informer.List, _ => true);

    /// <inheritdoc cref="Find"/>
    public IReadOnlyList<PackedObject> AllIn(string @namespace) =>
        Merge(() => informer.ByIndex(ByNamespace, @namespace), key => key.Namespace == @namespace);

    public void Wrote(JsonObject result)
    {
        var now = PackedObject.Of(result);
        Remember(now.Key, now, Version(now.ResourceVersion));
    }

    /// <summary>Before it is deleted: its end may be told before the answer comes.</summary>
    public void Deleting(JsonObject seen) => going[UidOf(seen)] = true;

    /// <summary>This process has asked for its end, and it was not told yet.</summary>
    public bool IsDeleting(JsonObject seen) => going.ContainsKey(UidOf(seen));

    // A removal is news from the next version on.
    public void Deleted(JsonObject seen) => Remember(ObjectView.Key(seen), null, Version(ObjectView.ResourceVersion(seen)) + 1);

    private void Remember(ObjectKey key, PackedObject? now, ulong version)
    {
        var entry = new Written(now, version, time.GetTimestamp());
        // The informer may have been faster than the answer.
        if (now is not null && informer.Get(key) is { } cached && Version(cached.ResourceVersion) >= version) return;
        written[key] = entry;
    }

    // Own writes first, then the informer's copy: the other way round an object that passes from one to the other is in neither.
    private IReadOnlyList<PackedObject> Merge(Func<IReadOnlyList<PackedObject>> list, Func<ObjectKey, bool> belongs)
    {
        // Most of the time nothing was written.
        if (written.IsEmpty) return list();
        var own = written.Where(w => belongs(w.Key) && IsFresh(w.Value)).ToArray();
        var cached = list();
        if (own.Length == 0) return cached;
        var all = cached.ToDictionary(seen => seen.Key);
        foreach (var (key, write) in own)
        {
            if (all.TryGetValue(key, out var seen) && Version(seen.ResourceVersion) >= write.Version) continue;
            if (write.Object is { } mine) all[key] = mine;
            else all.Remove(key);
        }

        return [.. all.Values];
    }

    // Versions grow with every write of the API server: a later one knows of ours.
    private void Seen(InformerEvent<PackedObject> change)
    {
        Interlocked.Increment(ref changes);
        if (change.Type == InformerEventType.Deleted && !going.TryRemove(UidOf(change.Object.Tree), out _)) lost?.Invoke(change.Object.Tree);
        var key = change.Object.Key;
        if (!written.TryGetValue(key, out var own)) return;
        var over = change.Type == InformerEventType.Deleted || Version(change.Object.ResourceVersion) >= own.Version;
        if (over) written.TryRemove(KeyValuePair.Create(key, own));
    }

    private static string UidOf(JsonObject tree) => (string?)tree["metadata"]?["uid"] ?? "";

    private bool IsFresh(Written own) => time.GetElapsedTime(own.At) < Longest;

    private static ulong Version(string? text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <param name="Object">Null when it was deleted.</param>
    private sealed record Written(PackedObject? Object, ulong Version, long At);
}
