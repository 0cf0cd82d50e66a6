namespace Federation.Domain.Placement;

/// <summary>
/// Vector bin packing, which nobody solves fast in general: largest pods first onto the fullest node that takes them, which
/// nearly always succeeds when anything does; else a search, complete for small cases. All of it together has one bound on its steps.
/// </summary>
internal sealed class Packing
{
    // Nodes looked at before the search gives up: about 50 ms on one core.
    internal const int MaxLooks = 2_000_000;

    // The search goes one deeper with each pod. A workload has half as many at most.
    private const int MaxSearched = 2048;

    private readonly PodDemand[] pods;
    private readonly Bin[] bins;
    private readonly int[] chosen;
    private int looks;

    private Packing(IEnumerable<PodDemand> demands, Bin[] bins)
    {
        this.bins = bins;
        var size = new PodSize(bins);
        pods = [.. demands.OrderByDescending(size.Of).ThenBy(d => d.Name, StringComparer.Ordinal).SelectMany(d => Enumerable.Repeat(d, d.Replicas))];
        chosen = new int[pods.Length];
    }

    /// <summary>Node of each replica by demand name; null when no arrangement was found. The bins are as before only then.</summary>
    public static Dictionary<string, IReadOnlyList<string>>? Find(IEnumerable<PodDemand> demands, Bin[] bins) => Find(demands, bins, out _);

    /// <param name="looks">Nodes that were looked at.</param>
    internal static Dictionary<string, IReadOnlyList<string>>? Find(IEnumerable<PodDemand> demands, Bin[] bins, out int looks)
    {
        var packing = new Packing(demands, bins);
        var isFound = packing.TryGreedy(packing.Tightest, staysBest: true) || packing.TryGreedy(packing.Loosest, staysBest: false)
            || (packing.pods.Length <= MaxSearched && packing.TrySearch(0));
        looks = packing.looks;
        return isFound ? packing.Result() : null;
    }

    /// <param name="staysBest">What was best for one replica is so for the next, for as long as it takes it.</param>
    private bool TryGreedy(Func<PodDemand, int> choose, bool staysBest)
    {
        for (var i = 0; i < pods.Length; i++)
        {
            chosen[i] = staysBest && i > 0 && ReferenceEquals(pods[i - 1], pods[i]) && IsStillTaken(i) ? chosen[i - 1] : choose(pods[i]);
            if (chosen[i] >= 0)
            {
                bins[chosen[i]].Place(pods[i]);
                continue;
            }

            while (--i >= 0) bins[chosen[i]].Remove(pods[i]);
            return false;
        }

        return true;
    }

    private bool IsStillTaken(int pod)
    {
        looks++;
        return bins[chosen[pod - 1]].Takes(pods[pod]);
    }

    // Nodes without devices first, so that a pod without any blocks none; then the one with the least to spare.
    private int Tightest(PodDemand pod) => Best(pod, bin => (WastedDevices(pod, bin), bin.CpuMilli, bin.MemoryBytes));

    private int Loosest(PodDemand pod) => Best(pod, bin => (WastedDevices(pod, bin), -bin.MemoryBytes, -bin.CpuMilli));

    private static long WastedDevices(PodDemand pod, Bin bin) => bin.Devices - pod.GpuCount;

    private int Best(PodDemand pod, Func<Bin, (long, long, long)> rank)
    {
        var (best, lowest) = (-1, default((long, long, long)));
        if (looks > MaxLooks) return best;
        looks += bins.Length;
        for (var i = 0; i < bins.Length; i++)
        {
            if (!bins[i].Takes(pod) || rank(bins[i]) is var r && best >= 0 && r.CompareTo(lowest) >= 0) continue;
            (best, lowest) = (i, rank(bins[i]));
        }

        return best;
    }

    // Replicas are alike: each goes onto the node of the one before it or a later one. Nodes that are free alike are tried once.
    private bool TrySearch(int pod)
    {
        if (pod == pods.Length) return true;
        var from = pod > 0 && ReferenceEquals(pods[pod - 1], pods[pod]) ? chosen[pod - 1] : 0;
        for (var i = from; i < bins.Length; i++)
        {
            if (++looks > MaxLooks) return false;
            if (!bins[i].Takes(pods[pod]) || TriedAlike(pod, i)) continue;
            chosen[pod] = i;
            bins[i].Place(pods[pod]);
            if (TrySearch(pod + 1)) return true;
            bins[i].Remove(pods[pod]);
        }

        return false;
    }

    // Only a node that no replica of this demand stands on yet is like another one that none stands on.
    private bool TriedAlike(int pod, int at)
    {
        var from = pod > 0 && ReferenceEquals(pods[pod - 1], pods[pod]) ? chosen[pod - 1] + 1 : 0;
        for (var i = from; i < at; i++, looks++)
            if (bins[i].IsLike(bins[at])) return true;
        return false;
    }

    private Dictionary<string, IReadOnlyList<string>> Result() => pods
        .Select((pod, i) => (pod.Name, Node: bins[chosen[i]].Name))
        .GroupBy(p => p.Name, p => p.Node, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.Order(StringComparer.Ordinal)], StringComparer.Ordinal);
}
