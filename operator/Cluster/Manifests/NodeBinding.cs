using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>
/// Nodes that pods go to, as node affinity. Required where pods can be sent elsewhere without touching one that runs; preferred
/// where they cannot: several shards of a job, and volumes, which have a place of their own.
/// </summary>
internal static class NodeBinding
{
    private const string HostLabel = "kubernetes.io/hostname";
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";

    /// <summary>By name, which no label of a node can differ from; each is a term, since a field takes one value.</summary>
    public static JsonObject Require(IReadOnlyList<string> nodes) => Affinity(Required, new JsonObject
    {
        ["nodeSelectorTerms"] = Json.List(nodes.Select(n => new JsonObject { ["matchFields"] = Requirement("metadata.name", [n]) })),
    });

    /// <param name="hosts">Values of the label: Kubernetes 1.20 weighs by labels only.</param>
    public static JsonObject Prefer(IReadOnlyList<string> hosts) => Affinity("preferredDuringSchedulingIgnoredDuringExecution", new JsonArray(
        new JsonObject { ["weight"] = 100, ["preference"] = new JsonObject { ["matchExpressions"] = Requirement(HostLabel, hosts) } }));

    /// <returns>Nodes that the pods of an object have to go to; empty when they may go to any.</returns>
    public static IReadOnlyList<string> RequiredOf(JsonObject item) =>
        [.. item.Items("spec", "template", "spec", "affinity", "nodeAffinity", Required, "nodeSelectorTerms").SelectMany(t => t.Items("matchFields"))
            .SelectMany(f => (f["values"] as JsonArray ?? []).Select(v => v?.GetValue<string>()).OfType<string>())];

    /// <summary>The label's value of a node.</summary>
    public static string HostOf(string node, IReadOnlyDictionary<string, string>? labels) => labels?.GetValueOrDefault(HostLabel) ?? node;

    private static JsonObject Affinity(string how, JsonNode terms) => new() { ["nodeAffinity"] = new JsonObject { [how] = terms } };

    private static JsonArray Requirement(string key, IEnumerable<string> values) =>
        new(new JsonObject { ["key"] = key, ["operator"] = "In", ["values"] = Json.Texts(values) });
}
