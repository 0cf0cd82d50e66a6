using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;

namespace Federation.Cluster;

/// <summary>Whether a workload's objects are what was applied. They carry that themselves, so a restart forgets nothing.</summary>
internal static class WorkloadState
{
    // Trees do not change: one look per version of an object.
    private static readonly ConditionalWeakTable<JsonObject, object> Looked = [];

    /// <returns>The spec hash that all objects of the workload carry; null when one is missing, foreign or was edited.</returns>
    public static string? AppliedHash(IReadOnlyCollection<JsonObject> objects)
    {
        if (objects.Count == 0) return null;
        var hashes = objects.Select(o => o.Annotation(Names.SpecHashAnnotation)).Distinct().ToArray();
        var listed = objects.Select(o => o.Annotation(Names.ObjectsAnnotation)).Distinct().ToArray();
        var present = string.Join(',', objects.Select(WorkloadManifests.Name).Order(StringComparer.Ordinal));
        return hashes.Length == 1 && listed.Length == 1 && listed[0] == present && objects.All(IsAsApplied) ? hashes[0] : null;
    }

    private static bool IsAsApplied(JsonObject one) => (bool)Looked.GetValue(one, static tree => Compare(tree));

    private static bool Compare(JsonObject one)
    {
        if (one.At("metadata", "deletionTimestamp") is not null || one.Annotation(Names.AppliedAnnotation) is not { } applied) return false;
        try
        {
            return JsonNode.Parse(applied) is { } wanted && ManifestComparer.Holds(one, new JsonObject { ["kind"] = one.Text("kind"), ["spec"] = wanted });
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
