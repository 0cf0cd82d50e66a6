using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;

namespace Federation.Cluster;

/// <summary>
/// What the persistent volumes of leases ask for, by namespace: those of leases that are over count for as long as they are there.
/// Claims alone count in namespaces that are leases': a label is anybody's.
/// </summary>
internal sealed class VolumeBook(ClusterCache cache)
{
    private readonly Lock gate = new();
    private (long? Volumes, long? Namespaces, IReadOnlyDictionary<string, long> MiB) counted = (null, null, new Dictionary<string, long>());

    /// <returns>The same object as long as nothing changes.</returns>
    public IReadOnlyDictionary<string, long> Read()
    {
        lock (gate)
        {
            var (volumes, namespaces) = (cache.Volumes.ChangeCount, cache.Namespaces.ChangeCount);
            if (volumes is not null && namespaces is not null && counted.Volumes == volumes && counted.Namespaces == namespaces) return counted.MiB;
            var now = Count();
            counted = (volumes, namespaces, IsSame(now, counted.MiB) ? counted.MiB : now);
            return counted.MiB;
        }
    }

    private Dictionary<string, long> Count() => cache.Volumes.All()
        .GroupBy(v => v.Key.Namespace, StringComparer.Ordinal)
        .Where(g => cache.LeaseOf(g.Key) is not null)
        .ToDictionary(g => g.Key, g => g.Sum(v => (long)ItemMapper.ToVolume(v.Tree).MiB), StringComparer.Ordinal);

    private static bool IsSame(Dictionary<string, long> left, IReadOnlyDictionary<string, long> right) =>
        left.Count == right.Count && left.All(l => right.TryGetValue(l.Key, out var other) && other == l.Value);
}
