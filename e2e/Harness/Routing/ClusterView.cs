using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Harness.Routing;

/// <summary>What routes of either kind refer to: Services by their addresses, Secrets with certificates, labels of namespaces.</summary>
internal sealed class ClusterView(IEnumerable<JsonObject> services, IEnumerable<JsonObject> secrets, IEnumerable<JsonObject> namespaces)
{
    private readonly Dictionary<(string, string), string?> addresses = services.ToDictionary(Key, s => (string?)s["spec"]!["clusterIP"]);
    private readonly Dictionary<(string, string), JsonObject> pairs = secrets.Where(s => (string?)s["type"] == "kubernetes.io/tls").ToDictionary(Key);
    private readonly Dictionary<string, JsonObject?> labels = namespaces.ToDictionary(n => Key(n).Name, n => n["metadata"]!["labels"] as JsonObject);

    internal static (string Space, string Name) Key(JsonObject item) => ((string?)item["metadata"]!["namespace"] ?? "", (string)item["metadata"]!["name"]!);

    /// <summary>Null when it leads nowhere.</summary>
    internal string? AddressOf(string space, JsonNode name, JsonNode port) =>
        addresses.GetValueOrDefault((space, (string)name!)) is { Length: > 0 } address ? $"{address}:{(int)port}" : null;

    /// <summary>Null when there is none that will do for the host.</summary>
    internal KeyPair? PairOf(string space, JsonNode? secret, string host) =>
        secret is not null && pairs.TryGetValue((space, (string)secret!), out var found) ? KeyPair.For(host, Text(found, "tls.crt"), Text(found, "tls.key")) : null;

    internal bool HasLabels(string space, JsonObject wanted) =>
        labels.TryGetValue(space, out var own) && wanted.All(w => (string?)own?[w.Key] == (string?)w.Value);

    private static string Text(JsonObject secret, string key) =>
        secret["data"]?[key] is { } value ? Encoding.UTF8.GetString(Convert.FromBase64String((string)value!)) : "";
}
