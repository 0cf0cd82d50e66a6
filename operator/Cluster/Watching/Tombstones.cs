namespace Federation.Cluster.Watching;

/// <summary>UIDs of objects that are gone, with the version they went at: news from before it is late, not news. Remembers the last few thousand.</summary>
internal sealed class Tombstones
{
    private const int Most = 8_192;

    private readonly Dictionary<string, ulong> versions = new(StringComparer.Ordinal);
    private readonly Queue<string> order = new();

    public void Add(string uid, ulong version)
    {
        if (versions.TryAdd(uid, version)) order.Enqueue(uid);
        else versions[uid] = Math.Max(versions[uid], version);
        if (order.Count > Most) versions.Remove(order.Dequeue());
    }

    /// <summary>
    /// True for what the object was before it went. At the very version the object may be back: a list from a server that lags
    /// lacks objects that live on unchanged.
    /// </summary>
    public bool Covers(string uid, ulong version) => versions.TryGetValue(uid, out var gone) && version < gone;
}
