using System.Globalization;

namespace Federation.Domain.Placement;

/// <summary>Why pods do not fit, in the words of who could change it: what lacks, where, and what is there.</summary>
internal static class Shortage
{
    // A condition's message is read by people, and bounded.
    private const int MaxListed = 5;
    private const double MiB = 1024 * 1024;

    /// <summary>What lacks in sum over the usable nodes; null when nothing does.</summary>
    /// <param name="bins">What is left on those that may be used.</param>
    public static PlacementResult? Find(IReadOnlyList<PodDemand> demands, IReadOnlyCollection<NodeSnapshot> nodes, IReadOnlyCollection<Bin> bins)
    {
        if (demands.Count == 0) return null;
        if (nodes.Count == 0) return Refused(PlacementReasons.NoNodes, "this datacenter has no node");
        if (nodes.All(n => n.Blocked is not null))
            return Refused(PlacementReasons.NodesBlocked, $"no node may take pods: {Blocked(nodes)}");
        return GpuModel(demands, nodes, bins) ?? Sums(demands, bins, nodes);
    }

    public static PlacementResult NoMatchingGpu(string what, IEnumerable<NodeSnapshot> nodes)
    {
        var known = nodes.SelectMany(n => new Bin(n).Classes).Distinct().Order(StringComparer.Ordinal).ToArray();
        var there = known.Length == 0 ? "no GPU" : Listed(known);
        return Refused(PlacementReasons.NoMatchingGpu, $"no node has GPU class {what}; this datacenter has: {there}");
    }

    /// <summary>All is there in sum. Names the first pod that no single node takes, or says that they do not go together.</summary>
    public static PlacementResult Fragmented(IEnumerable<PodDemand> demands, IReadOnlyCollection<Bin> bins)
    {
        var alone = demands.FirstOrDefault(d => !bins.Any(b => b.Takes(d)));
        if (alone is null)
            return Refused(PlacementReasons.Fragmented, "fits in sum but not on single nodes: no arrangement of all pods was found; smaller or fewer pods would help");
        var able = bins.Where(b => alone.GpuClass is null || b.FreeGpus(alone.GpuClass) > 0).ToArray();
        var where = alone.GpuClass is null ? "" : $" with GPU class {alone.GpuClass}";
        return Refused(
            PlacementReasons.Fragmented,
            $"fits in sum but not on single nodes: '{alone.Name}' needs {Amounts(alone)} on one node; largest free of any node{where}: {Largest(alone, able)}");
    }

    /// <summary>The sums suffice; that leaves the pods.</summary>
    public static PlacementResult NotEnoughPods(IReadOnlyCollection<Bin> bins) => Refused(
        PlacementReasons.NotEnoughPods, $"the nodes that have what is asked for take no more pods; free are {bins.Sum(b => b.Pods)} on all nodes");

    private static PlacementResult? GpuModel(IEnumerable<PodDemand> demands, IReadOnlyCollection<NodeSnapshot> nodes, IReadOnlyCollection<Bin> bins)
    {
        foreach (var gpuClass in demands.Select(d => d.GpuClass).OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            if (bins.Any(b => b.Classes.Contains(gpuClass))) continue;
            var having = nodes.Where(n => new Bin(n).Classes.Contains(gpuClass)).ToArray();
            return having.Length == 0
                ? NoMatchingGpu(gpuClass, nodes)
                : Refused(PlacementReasons.NodesBlocked, $"no node with GPU class {gpuClass} may take pods: {Blocked(having)}");
        }

        return null;
    }

    // Device sums first: they are what a tenant asked for by name.
    private static PlacementResult? Sums(IReadOnlyList<PodDemand> demands, IReadOnlyCollection<Bin> bins, IReadOnlyCollection<NodeSnapshot> nodes)
    {
        var gpus =
            from d in demands
            where d.GpuClass is not null
            group d by d.GpuClass into same
            orderby same.Key
            select Lack(PlacementReasons.NotEnoughGpu, $"devices of GPU class {same.Key}", Sum(same, d => d.GpuCount), Free(bins, b => b.FreeGpus(same.Key)), 1);
        var lack = gpus.FirstOrDefault(l => l is not null)
            ?? Lack(PlacementReasons.NotEnoughCpu, "cores", Sum(demands, d => d.CpuMilli), Free(bins, b => b.CpuMilli), 1000)
            ?? Lack(PlacementReasons.NotEnoughMemory, "MiB of memory", Sum(demands, d => d.MemoryBytes), Free(bins, b => b.MemoryBytes), MiB)
            ?? Lack(PlacementReasons.NotEnoughEphemeral, "MiB of scratch space", Sum(demands, d => d.EphemeralBytes), Free(bins, b => b.EphemeralBytes), MiB)
            ?? Lack(PlacementReasons.NotEnoughPods, "pods", Sum(demands, _ => 1), Free(bins, b => b.Pods), 1);
        if (lack is null) return null;
        var blocked = nodes.Where(n => n.Blocked is not null).ToArray();
        return blocked.Length == 0 ? lack : lack with { Message = $"{lack.Message}; not counted: {Blocked(blocked)}" };
    }

    private static PlacementResult? Lack(string reason, string unit, Int128 needed, Int128 free, double scale) => needed <= free
        ? null
        : Refused(reason, $"needs {Number((double)needed / scale)} {unit}, free are {Number((double)free / scale)}");

    private static Int128 Sum(IEnumerable<PodDemand> demands, Func<PodDemand, long> amount) =>
        demands.Aggregate((Int128)0, (sum, d) => sum + (Int128)amount(d) * d.Replicas);

    private static Int128 Free(IEnumerable<Bin> bins, Func<Bin, long> amount) => bins.Aggregate((Int128)0, (sum, b) => sum + amount(b));

    private static string Amounts(PodDemand pod) => Amounts(pod, pod.CpuMilli, pod.MemoryBytes, pod.EphemeralBytes, pod.GpuCount);

    private static string Largest(PodDemand pod, Bin[] bins) => bins.Length == 0 ? "none" : Amounts(
        pod,
        bins.Max(b => b.CpuMilli),
        bins.Max(b => b.MemoryBytes),
        bins.Max(b => b.EphemeralBytes),
        pod.GpuClass is null ? 0 : bins.Max(b => b.FreeGpus(pod.GpuClass)));

    private static string Amounts(PodDemand pod, long cpuMilli, long memory, long ephemeral, long gpus) =>
        $"{Number(cpuMilli / 1000.0)} cores, {Number(memory / MiB)} MiB of memory, {Number(ephemeral / MiB)} MiB of scratch space"
        + (pod.GpuClass is null ? "" : $", {gpus} devices");

    public static string Blocked(IEnumerable<NodeSnapshot> nodes) =>
        Listed([.. nodes.Where(n => n.Blocked is not null).OrderBy(n => n.Name, StringComparer.Ordinal).Select(n => $"{n.Name} ({n.Blocked})")]);

    private static string Listed(string[] items) =>
        string.Join(", ", items.Take(MaxListed)) + (items.Length > MaxListed ? $" and {items.Length - MaxListed} more" : "");

    private static string Number(double value) => Math.Round(value, 3).ToString(CultureInfo.InvariantCulture);

    public static PlacementResult Refused(string reason, string message) =>
        new(new Dictionary<string, IReadOnlyList<string>>(), reason, message);
}
