using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>Walks through an object beside its manifest.</summary>
/// <param name="isExact">Fields that the manifest does not have are differences, unless the API server itself sets them so.</param>
internal sealed class ManifestWalk(bool isExact, List<Difference> found)
{
    private readonly List<string> path = [];

    public void Field(JsonObject actual, string name, JsonNode? wanted)
    {
        path.Add(name);
        Compare(actual[name], wanted);
        path.RemoveAt(path.Count - 1);
    }

    private void Compare(JsonNode? actual, JsonNode? wanted)
    {
        switch (actual, wanted)
        {
            case (JsonObject there, JsonObject map): Map(there, map); break;
            case (JsonArray there, JsonArray list): List(there, list); break;
            default:
                if (!Same(actual, wanted)) Differs(wanted);
                break;
        }
    }

    private void Map(JsonObject actual, JsonObject wanted)
    {
        foreach (var (name, value) in wanted) Field(actual, name, value);
        if (!isExact) return;
        foreach (var (name, value) in actual)
        {
            if (value is null || wanted.ContainsKey(name)) continue;
            path.Add(name);
            if (!ServerDefaults.Has(path, value)) Differs(null);
            path.RemoveAt(path.Count - 1);
        }
    }

    // Of one length and in one order, so that nothing can be slipped in.
    private void List(JsonArray actual, JsonArray wanted)
    {
        var before = found.Count;
        if (actual.Count != wanted.Count) Differs(wanted);
        else for (var i = 0; i < wanted.Count; i++) Compare(actual[i], wanted[i]);
        if (found.Count == before) return;
        found.RemoveRange(before, found.Count - before);
        Differs(wanted);
    }

    private void Differs(JsonNode? wanted) => found.Add(new Difference([.. path], wanted));

    // The API server leaves out what is false, empty or zero.
    private static bool Same(JsonNode? actual, JsonNode? wanted) => actual is not null || wanted is null
        ? JsonNode.DeepEquals(actual, wanted)
        : wanted is JsonObject { Count: 0 } or JsonArray { Count: 0 } || wanted.GetValueKind() == JsonValueKind.False || JsonNode.DeepEquals(wanted, "") || JsonNode.DeepEquals(wanted, 0);
}
