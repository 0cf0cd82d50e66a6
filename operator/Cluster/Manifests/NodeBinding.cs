using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>
/// Nodes that pods go to, as node affinity. Preferred and never required: what only the scheduler knows may speak against them, and
/// when one is lost its pods go on elsewhere without us.
/// </summary>
internal static class NodeBinding
{
    private const string HostLabel = "kubernetes.io/hostname";

    /// <param name="hosts">Values of the label: Kubernetes 1.20 weighs by labels only.</param>
    public static JsonObject Prefer(IReadOnlyList<string> hosts) => new()
    {
        ["nodeAffinity"] = new JsonObject
        {
            ["preferredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(new JsonObject
            {
                ["weight"] = 100,
                ["preference"] = new JsonObject
                {
                    ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = HostLabel, ["operator"] = "In", ["values"] = Json.Texts(hosts) }),
                },
            }),
        },
    };

    /// <summary>The label's value of a node.</summary>
    public static string HostOf(string node, IReadOnlyDictionary<string, string>? labels) => labels?.GetValueOrDefault(HostLabel) ?? node;
}
