using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Host.Doctor;

/// <summary>A node that is ready and that pods of leases may run on.</summary>
/// <param name="Names">By which others may name it: its own, and its addresses.</param>
internal sealed record LeaseNode(string Name, IReadOnlySet<string> Names)
{
    private const int MostNamed = 10;

    // A cordon, or what passes by itself: leases that run there run on.
    private const string OfKubernetes = "node.kubernetes.io/";

    public static async Task<LeaseNode[]> ListAsync(KubernetesClient client, CancellationToken cancellation) =>
        [.. (await NeedsLooks.ListAsync(client, ResourceKinds.Node, null, cancellation)).Where(RunsLeases).Select(Of)];

    /// <summary>The first ones of them, for people.</summary>
    public static string Named(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Order(StringComparer.Ordinal).Take(MostNamed)) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");

    // No pod of a lease tolerates an administrator's taint.
    private static bool RunsLeases(JsonObject node) =>
        (node["status"]?["conditions"] as JsonArray ?? []).Any(c => (string?)c?["type"] == "Ready" && (string?)c?["status"] == "True")
        && !(node["spec"]?["taints"] as JsonArray ?? []).Any(t => (string?)t?["effect"] is "NoSchedule" or "NoExecute" && (string?)t?["key"] is { } key && !key.StartsWith(OfKubernetes, StringComparison.Ordinal));

    private static LeaseNode Of(JsonObject node)
    {
        var name = (string)node["metadata"]!["name"]!;
        return new LeaseNode(name, (node["status"]?["addresses"] as JsonArray ?? []).Select(a => (string?)a?["address"]).OfType<string>().Append(name).ToHashSet(StringComparer.Ordinal));
    }
}
