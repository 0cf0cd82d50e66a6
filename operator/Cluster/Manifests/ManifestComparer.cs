using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>
/// Whether an object holds all that a manifest says. The API server adds defaults of its own, so only fields of the
/// manifest are compared; but lists must have the same length, so that nothing can be slipped into one.
/// </summary>
internal static class ManifestComparer
{
    /// <summary>Labels, annotations and everything beside metadata; status is never part of a manifest.</summary>
    public static bool Holds(JsonObject actual, JsonObject manifest)
    {
        foreach (var (name, wanted) in manifest)
        {
            if (name is "apiVersion" or "kind") continue;
            if (!Covers(actual[name], wanted)) return false;
        }

        return true;
    }

    public static bool Covers(JsonNode? actual, JsonNode? wanted) => wanted switch
    {
        null => actual is null,
        JsonObject map => CoversMap(actual, map),
        JsonArray list => CoversList(actual, list),
        _ => Same(actual, wanted),
    };

    private static bool CoversMap(JsonNode? actual, JsonObject wanted)
    {
        if (actual is null) return wanted.Count == 0;
        return actual is JsonObject map && wanted.All(field => Covers(map[field.Key], field.Value));
    }

    private static bool CoversList(JsonNode? actual, JsonArray wanted)
    {
        if (actual is null) return wanted.Count == 0;
        return actual is JsonArray list && list.Count == wanted.Count && list.Zip(wanted).All(pair => Covers(pair.First, pair.Second));
    }

    // The API server leaves out what is false, empty or zero.
    private static bool Same(JsonNode? actual, JsonNode wanted) => actual is null
        ? wanted.GetValueKind() == JsonValueKind.False || JsonNode.DeepEquals(wanted, "") || JsonNode.DeepEquals(wanted, 0)
        : JsonNode.DeepEquals(actual, wanted);
}
