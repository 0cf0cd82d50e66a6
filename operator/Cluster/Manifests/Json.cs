using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>Shorthands for JSON trees.</summary>
internal static class Json
{
    public static JsonObject Map(IEnumerable<KeyValuePair<string, string>> pairs) =>
        new(pairs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    public static JsonObject Map(params ReadOnlySpan<(string Key, string Value)> pairs)
    {
        var map = new JsonObject();
        foreach (var (key, value) in pairs) map[key] = value;
        return map;
    }

    public static JsonArray List(IEnumerable<JsonNode?> items) => new(items.ToArray());

    public static JsonArray Texts(IEnumerable<string> items) => List(items.Select(i => (JsonNode?)i));

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (node is not JsonObject map) return null;
            node = map[name];
        }

        return node;
    }

    /// <summary>The text at the path; null when there is none.</summary>
    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The whole number at the path; 0 when there is none.</summary>
    public static long Number(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;

    public static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

    public static string? Annotation(this JsonNode? node, string name) => node.Text("metadata", "annotations", name);

    public static string? Label(this JsonNode? node, string name) => node.Text("metadata", "labels", name);
}
