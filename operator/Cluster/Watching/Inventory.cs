using Federation.Application.Ports;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Watching;

/// <summary>
/// The nodes and what is free on them, kept up with every event of a node or a pod: an event costs what it changes, and a
/// read costs what has changed since the last one. What it says is of one moment.
/// </summary>
internal sealed class Inventory
{
    private readonly Lock guard = new();
    private readonly SortedDictionary<string, NodeEntry> nodes = new(StringComparer.Ordinal);
    private readonly HashSet<NodeEntry> stale = [];
    private readonly LeaseUses uses = new();
    private readonly Tombstones gone = new();
    private readonly PodLedger pods;
    private NodePolicy policy = NodePolicy.None;
    private ClusterCapacity? last;

    public Inventory() => pods = new PodLedger(Count);

    public void Handle(InformerEvent<V1Pod> change)
    {
        lock (guard)
        {
            // Under one name another pod may have come without anybody telling that the first one went.
            if (change.Old is { } old && old.Metadata.Uid != change.Object.Metadata.Uid) pods.Drop(old);
            if (change.Type == InformerEventType.Deleted) pods.Drop(change.Object);
            else pods.Put(change.Object);
        }
    }

    public void Handle(InformerEvent<V1Node> change)
    {
        lock (guard)
        {
            if (change.Type == InformerEventType.Deleted) Drop(change.Object);
            else Put(change.Object);
        }
    }

    /// <summary>The same object as long as nothing changes.</summary>
    public ClusterCapacity Read(NodePolicy current)
    {
        lock (guard)
        {
            if (!ReferenceEquals(policy, current)) stale.UnionWith(nodes.Values);
            policy = current;
            if (last is { } same && stale.Count == 0 && !uses.HasChanged) return same;
            foreach (var entry in stale) entry.Snapshot = entry.Node is { } node ? NodeMapper.ToSnapshot(node, entry.Used, policy, entry.Found) : null;
            stale.Clear();
            return last = new ClusterCapacity([.. nodes.Values.Select(n => n.Snapshot).OfType<NodeSnapshot>()], Classes()) { Uses = uses.Read() };
        }
    }

    private void Put(V1Node node)
    {
        var (uid, version) = (node.Metadata.Uid ?? "", PodLedger.VersionOf(node.Metadata));
        if (gone.Covers(uid, version)) return;
        var entry = EntryOf(node.Metadata.Name ?? "");
        if (version != 0 && entry.Node is { } known && PodLedger.VersionOf(known.Metadata) >= version) return;
        (entry.Node, entry.Found) = (node, GpuLabels.Find(node));
        stale.Add(entry);
    }

    private void Drop(V1Node node)
    {
        var version = PodLedger.VersionOf(node.Metadata);
        gone.Add(node.Metadata.Uid ?? "", version);
        if (!nodes.TryGetValue(node.Metadata.Name ?? "", out var entry) || entry.Node is null || PodLedger.VersionOf(entry.Node.Metadata) > version) return;
        entry.Node = null;
        stale.Add(entry);
        Forget(entry);
    }

    private void Count(PodEntry pod, int sign)
    {
        var entry = EntryOf(pod.Node!);
        if (sign > 0) entry.Used.Add(pod.Amount);
        else entry.Used.Remove(pod.Amount);
        stale.Add(entry);
        uses.Count(pod, sign);
        Forget(entry);
    }

    // Pods may be told before their node, and after it.
    private NodeEntry EntryOf(string name) => nodes.TryGetValue(name, out var entry) ? entry : nodes[name] = new NodeEntry(name);

    private void Forget(NodeEntry entry)
    {
        if (entry.Node is null && entry.Used.Pods == 0 && nodes.Remove(entry.Name)) entry.Snapshot = null;
    }

    private Dictionary<string, GpuPlacement> Classes()
    {
        var classes = new Dictionary<string, GpuPlacement>(policy.GpuClasses, StringComparer.Ordinal);
        foreach (var entry in nodes.Values)
            foreach (var (name, placement) in entry.Found)
                if (entry.Snapshot?.GpuClasses.ContainsKey(name) == true) classes.TryAdd(name, placement);
        return classes;
    }

    private sealed class NodeEntry(string name)
    {
        public string Name { get; } = name;

        public V1Node? Node { get; set; }

        public IReadOnlyDictionary<string, GpuPlacement> Found { get; set; } = new Dictionary<string, GpuPlacement>();

        public AmountSum Used { get; } = new();

        public NodeSnapshot? Snapshot { get; set; }
    }
}
