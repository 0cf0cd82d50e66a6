using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Whether a node takes new pods.</summary>
internal static class NodeHealth
{
    private static readonly HashSet<string> Pressures =
        new(StringComparer.Ordinal) { "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable" };

    /// <returns>Why nothing may be placed; null when it may. No pod of a lease tolerates a taint.</returns>
    public static string? Blocked(V1Node node)
    {
        if (node.Metadata.DeletionTimestamp is not null) return "is being removed";
        if (node.Spec?.Unschedulable == true) return "is cordoned";
        if (node.Spec?.Taints?.FirstOrDefault(t => t.Effect is "NoSchedule" or "NoExecute") is { } taint) return $"has the taint {taint.Key}";
        var conditions = node.Status?.Conditions ?? [];
        if (!conditions.Any(c => c is { Type: "Ready", Status: "True" })) return "is not ready";
        return conditions.FirstOrDefault(c => c.Status == "True" && Pressures.Contains(c.Type ?? "")) is { } pressure ? $"has {pressure.Type}" : null;
    }

    /// <summary>Its kubelet and its runtime say that pods of the handler may have users of their own.</summary>
    /// <param name="handler">Of a RuntimeClass; empty for the default.</param>
    public static bool HasUserNamespaces(V1Node node, string handler) =>
        node.Status?.RuntimeHandlers?.Any(h => (h.Name ?? "") == handler && h.Features?.UserNamespaces == true) == true;
}
