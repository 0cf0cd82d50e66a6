using System.Runtime.CompilerServices;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>What the scheduler counts for a pod, base units by resource name.</summary>
internal static class PodRequests
{
    // Capacity is counted on every look, over all pods of the cluster; a pod's object is never changed.
    private static readonly ConditionalWeakTable<V1Pod, Dictionary<string, decimal>> Known = [];

    public static IReadOnlyDictionary<string, decimal> Of(V1Pod pod) => Known.GetValue(pod, Sum);

    private static Dictionary<string, decimal> Sum(V1Pod pod)
    {
        var sum = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var container in pod.Spec?.Containers ?? [])
            foreach (var (name, amount) in Read(container.Resources?.Requests)) sum[name] = sum.GetValueOrDefault(name) + amount;
        // Init containers run one after the other, before the others: the largest counts.
        foreach (var container in pod.Spec?.InitContainers ?? [])
            foreach (var (name, amount) in Read(container.Resources?.Requests)) sum[name] = Math.Max(sum.GetValueOrDefault(name), amount);
        foreach (var (name, amount) in Read(pod.Spec?.Overhead)) sum[name] = sum.GetValueOrDefault(name) + amount;
        return sum;
    }

    /// <summary>Quantities that can be read; one that cannot counts as nothing.</summary>
    public static Dictionary<string, decimal> Read(IReadOnlyDictionary<string, string>? quantities)
    {
        var result = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var (name, text) in quantities ?? new Dictionary<string, string>())
            if (ResourceQuantity.TryParse(text, out var quantity)) result[name] = quantity.Value;
        return result;
    }
}
