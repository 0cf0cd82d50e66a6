using System.Globalization;
using Federation.Cluster.Mapping;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Watching;

/// <summary>What each pod takes of which node, by UID: names come again, UIDs never do. Ended pods take nothing.</summary>
internal sealed class PodLedger(Action<PodEntry, int> changed)
{
    private readonly Dictionary<string, PodEntry> pods = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, string> uids = [];
    private readonly Tombstones gone = new();

    public void Put(V1Pod pod)
    {
        var (key, uid, version) = (ObjectView.Key(pod), pod.Metadata.Uid ?? "", VersionOf(pod.Metadata));
        if (gone.Covers(uid, version) || (version != 0 && pods.TryGetValue(uid, out var known) && known.Version >= version)) return;
        // Two pods never have one name at a time: the younger version tells which of them is there.
        if (uids.TryGetValue(key, out var other) && other != uid && pods.TryGetValue(other, out var before))
        {
            if (before.Version > version) return;
            Remove(other, Math.Max(before.Version, version));
        }

        Subtract(uid);
        var takes = !PodMapper.HasEnded(pod) && pod.Spec?.NodeName is { Length: > 0 };
        var entry = new PodEntry(key, version, takes ? pod.Spec!.NodeName : null, takes ? PodRequests.Of(pod) : NodeResources.None);
        pods[uid] = entry;
        uids[key] = uid;
        if (entry.Node is not null) changed(entry, 1);
    }

    public void Drop(V1Pod pod)
    {
        var (uid, version) = (pod.Metadata.Uid ?? "", VersionOf(pod.Metadata));
        if (pods.TryGetValue(uid, out var known) && known.Version > version) return;
        Remove(uid, version);
    }

    public static ulong VersionOf(V1ObjectMeta metadata) =>
        ulong.TryParse(metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private void Remove(string uid, ulong version)
    {
        gone.Add(uid, version);
        Subtract(uid);
        if (pods.Remove(uid, out var entry) && uids.GetValueOrDefault(entry.Key) == uid) uids.Remove(entry.Key);
    }

    private void Subtract(string uid)
    {
        if (pods.TryGetValue(uid, out var entry) && entry.Node is not null) changed(entry, -1);
    }
}

/// <param name="Node">Null while it takes nothing: not bound, or ended.</param>
internal sealed record PodEntry(ObjectKey Key, ulong Version, string? Node, NodeResources Amount);
