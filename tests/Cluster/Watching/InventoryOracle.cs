using System.Globalization;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Watching;

/// <summary>
/// What nodes have free, straight from the objects, by sums of its own: nothing of the operator's mapping is called. The units are
/// those that <see cref="RandomCluster"/> writes.
/// </summary>
internal sealed class InventoryOracle(V1Node[] nodes, V1Pod[] pods)
{
    private const string Gpu = "nvidia.com/gpu";
    private const string Slice = "nvidia.com/mig-1g.10gb";

    /// <summary>One line for each node: what is free of it, what it has, and whether it may be used.</summary>
    public IReadOnlyList<string> Lines(long keptCpu, long keptMemory) => [.. nodes.OrderBy(n => n.Metadata.Name, StringComparer.Ordinal).Select(node =>
    {
        var here = pods.Where(p => p.Spec!.NodeName == node.Metadata.Name && p.Status!.Phase is not ("Succeeded" or "Failed")).ToArray();
        var (cpu, memory, disk) = (Has(node, "cpu") - keptCpu, Has(node, "memory") - keptMemory, Has(node, "ephemeral-storage"));
        var count = Has(node, "pods");
        return Line(
            node.Metadata.Name!, IsBlocked(node), cpu - Asked(here, "cpu"), memory - Asked(here, "memory"), disk - Asked(here, "ephemeral-storage"),
            Has(node, Gpu) - Asked(here, Gpu), node.Status!.Allocatable!.ContainsKey(Slice) ? Has(node, Slice) - Asked(here, Slice) : 0, Math.Max(0, count - here.Length), cpu, memory, count);
    })];

    /// <summary>The same words for what somebody else says.</summary>
    public static string Line(string name, bool isBlocked, long cpu, long memory, long disk, long gpus, long slices, long pods, long allCpu, long allMemory, long allPods) => string.Create(
        CultureInfo.InvariantCulture, $"{name} blocked={isBlocked} cpu={cpu} memory={memory} disk={disk} gpus={gpus} slices={slices} pods={pods} of cpu={allCpu} memory={allMemory} pods={allPods}");

    /// <summary>What the pods of each lease take together, by namespace.</summary>
    public IReadOnlyDictionary<string, (long Cpu, long Memory, long Gpus, long Slices, int Pods)> OfLeases() => pods
        .Where(p => p.Metadata.Namespace!.StartsWith("lease-", StringComparison.Ordinal) && p.Spec!.NodeName is not null && p.Status!.Phase is not ("Succeeded" or "Failed"))
        .GroupBy(p => p.Metadata.Namespace!)
        .ToDictionary(g => g.Key, g => (Asked([.. g], "cpu"), Asked([.. g], "memory"), Asked([.. g], Gpu), Asked([.. g], Slice), g.Count()));

    private static bool IsBlocked(V1Node node)
    {
        if (node.Spec!.Unschedulable == true) return true;
        foreach (var taint in node.Spec.Taints!)
            if (taint.Effect != "PreferNoSchedule") return true;
        foreach (var condition in node.Status!.Conditions!)
            if (condition.Type == "Ready" ? condition.Status != "True" : condition.Status == "True") return true;
        return false;
    }

    private static long Has(V1Node node, string what) => Number(node.Status!.Allocatable!.GetValueOrDefault(what), what);

    private static long Asked(V1Pod[] of, string what)
    {
        long sum = 0;
        foreach (var pod in of) sum += Asked(pod, what);
        return sum;
    }

    // kube-scheduler's rule: containers and those before them that stay run together; each other one before them runs with those
    // that stay and came earlier; the larger of both, and the overhead.
    private static long Asked(V1Pod pod, string what)
    {
        long together = 0, staying = 0, most = 0;
        foreach (var container in pod.Spec!.Containers!) together += Request(container, what);
        foreach (var container in pod.Spec.InitContainers!)
        {
            var request = Request(container, what);
            if (container.RestartPolicy == "Always")
            {
                together += request;
                staying += request;
                most = Math.Max(most, staying);
            }
            else
            {
                most = Math.Max(most, staying + request);
            }
        }

        return Math.Max(together, most) + Number(pod.Spec.Overhead?.GetValueOrDefault(what), what);
    }

    private static long Request(V1Container container, string what) => Number(container.Resources!.Requests!.GetValueOrDefault(what), what);

    private static long Number(string? text, string what)
    {
        if (text is null) return 0;
        var digits = long.Parse(text.TrimEnd('m', 'i', 'K', 'M', 'G'), CultureInfo.InvariantCulture);
        if (text.EndsWith("Ki", StringComparison.Ordinal)) return digits << 10;
        if (text.EndsWith("Mi", StringComparison.Ordinal)) return digits << 20;
        if (text.EndsWith("Gi", StringComparison.Ordinal)) return digits << 30;
        return what == "cpu" && !text.EndsWith('m') ? digits * 1000 : digits;
    }
}
