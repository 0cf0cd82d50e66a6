using Federation.Cluster.Mapping;
using Federation.Domain.Placement;

namespace Federation.Cluster.Watching;

/// <summary>What the pods of each lease take, by namespace and node.</summary>
internal sealed class LeaseUses
{
    // As LeaseId.Namespace has it. Another namespace of such a name does no harm: no lease asks for it.
    public const string Prefix = "lease-";

    private readonly Dictionary<string, Dictionary<string, AmountSum>> sums = new(StringComparer.Ordinal);
    private readonly HashSet<string> stale = new(StringComparer.Ordinal);
    private Dictionary<string, IReadOnlyList<NodeUse>> last = new(StringComparer.Ordinal);

    public bool HasChanged => stale.Count > 0;

    public void Count(PodEntry pod, int sign)
    {
        var space = pod.Key.Namespace;
        if (!space.StartsWith(Prefix, StringComparison.Ordinal)) return;
        if (!sums.TryGetValue(space, out var byNode)) byNode = sums[space] = new Dictionary<string, AmountSum>(StringComparer.Ordinal);
        if (!byNode.TryGetValue(pod.Node!, out var sum)) sum = byNode[pod.Node!] = new AmountSum();
        if (sign > 0) sum.Add(pod.Amount);
        else sum.Remove(pod.Amount);
        if (sum.Pods == 0) byNode.Remove(pod.Node!);
        if (byNode.Count == 0) sums.Remove(space);
        stale.Add(space);
    }

    public IReadOnlyDictionary<string, IReadOnlyList<NodeUse>> Read()
    {
        if (stale.Count == 0) return last;
        // What was handed out stays as it is.
        last = new Dictionary<string, IReadOnlyList<NodeUse>>(last, StringComparer.Ordinal);
        foreach (var space in stale)
            if (sums.TryGetValue(space, out var byNode))
                last[space] = [.. byNode.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => new NodeUse(n.Key, n.Value.ToResources()) { Pods = n.Value.Pods })];
            else last.Remove(space);
        stale.Clear();
        return last;
    }
}
