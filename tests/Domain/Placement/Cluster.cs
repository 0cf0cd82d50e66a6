using Federation.Domain.Placement;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Placement;

/// <summary>Nodes and pods for placement tests, and the rules that any placement must keep, checked without the placer's code.</summary>
internal static class Cluster
{
    public const string A100 = "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920";
    public const string L4 = "nvidia.com/gpu/NVIDIA-L4/23034";
    private const long GiB = 1L << 30;

    public static NodeSnapshot Node(string name, double cores, double gib, string? gpuClass = null, long gpus = 0, string? blocked = null, long pods = 110, long scratch = 100) => new(
        name,
        new NodeResources((long)(cores * 1000), (long)(gib * GiB), scratch * GiB, new Dictionary<string, long> { ["nvidia.com/gpu"] = gpus }),
        pods,
        blocked,
        gpuClass is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [gpuClass] = "nvidia.com/gpu" });

    public static PodDemand Pods(string name, int replicas, double cores, double gib, string? gpuClass = null, int gpus = 0, double scratch = 0) =>
        new(name, replicas, (long)(cores * 1000), (long)(gib * GiB), (long)(scratch * GiB), gpuClass, gpus);

    /// <summary>True when every replica has a node that may take it and no node holds more than is free.</summary>
    public static bool IsSound(PlacementResult result, IReadOnlyList<PodDemand> demands, IReadOnlyList<NodeSnapshot> nodes)
    {
        if (demands.Any(d => result.Nodes[d.Name].Count != d.Replicas)) return false;
        return nodes.All(node =>
        {
            var on = demands.SelectMany(d => result.Nodes[d.Name].Where(n => n == node.Name).Select(_ => d)).ToArray();
            return on.Length == 0
                || (node.Blocked is null
                    && on.Length <= node.FreePods
                    && on.Sum(d => d.CpuMilli) <= node.Free.CpuMilli
                    && on.Sum(d => d.MemoryBytes) <= node.Free.MemoryBytes
                    && on.Sum(d => d.EphemeralBytes) <= node.Free.EphemeralBytes
                    && on.All(d => d.GpuClass is null || node.GpuClasses.ContainsKey(d.GpuClass))
                    && on.Where(d => d.GpuClass is not null).Sum(d => d.GpuCount) <= node.Free.Extended["nvidia.com/gpu"]);
        });
    }

    /// <summary>Tries every arrangement.</summary>
    public static bool FitsAtAll(IReadOnlyList<PodDemand> demands, IReadOnlyList<NodeSnapshot> nodes)
    {
        var pods = demands.SelectMany(d => Enumerable.Repeat(d, d.Replicas)).ToArray();
        var choice = new int[pods.Length];
        while (true)
        {
            var placed = demands.ToDictionary(d => d.Name, d => (IReadOnlyList<string>)[.. pods.Index().Where(p => p.Item == d).Select(p => nodes[choice[p.Index]].Name)]);
            if (IsSound(new PlacementResult(placed, "", ""), demands, nodes)) return true;
            var at = 0;
            while (at < choice.Length && ++choice[at] == nodes.Count) choice[at++] = 0;
            if (at == choice.Length) return false;
        }
    }

    /// <summary>Small clusters in which fitting and not fitting are about as likely.</summary>
    public static Gen<(PodDemand[] Demands, NodeSnapshot[] Nodes)> Small() =>
        from nodes in Node().ListOf(3)
        from demands in Demand().ListOf(3)
        select (demands.Select((d, i) => d with { Name = $"d{i}" }).ToArray(), nodes.Select((n, i) => n with { Name = $"n{i}" }).ToArray());

    private static Gen<NodeSnapshot> Node() =>
        from cores in Gen.Choose(1, 8)
        from gib in Gen.Choose(1, 8)
        from gpuClass in Gen.Elements<string?>(null, A100, A100, L4)
        from gpus in Gen.Choose(0, 4)
        from blocked in Gen.Elements<string?>(null, null, null, null, null, "cordoned")
        from pods in Gen.Choose(1, 5)
        select Node("", cores, gib, gpuClass, gpus, blocked, pods, scratch: 4);

    private static Gen<PodDemand> Demand() =>
        from replicas in Gen.Choose(1, 2)
        from cores in Gen.Choose(1, 5)
        from gib in Gen.Choose(1, 5)
        from gpuClass in Gen.Elements<string?>(null, null, null, A100, L4)
        from gpus in Gen.Choose(1, 2)
        from scratch in Gen.Choose(0, 2)
        select Pods("", replicas, cores, gib, gpuClass, gpuClass is null ? 0 : gpus, scratch);
}
