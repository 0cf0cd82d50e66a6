using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;

namespace Federation.Cluster.Manifests;

/// <summary>Whether an object is what its manifest says, and what would make it so.</summary>
internal static class ManifestComparer
{
    // What keeps leases apart, what runs in them, and what leads to them: one field more could open a lease, or show it by another's name. In all else, others may have fields of their own.
    private static readonly FrozenSet<string> Exact = FrozenSet.Create(
        StringComparer.Ordinal, "NetworkPolicy", "ResourceQuota", "LimitRange", "RoleBinding", "Deployment", "StatefulSet", "Job", "Service", "Ingress");

    public static bool Holds(JsonObject actual, JsonObject manifest) => Differences(actual, manifest).Count == 0;

    /// <summary>Labels and annotations may be more than the manifest's, status is never a part of one.</summary>
    public static IReadOnlyList<Difference> Differences(JsonObject actual, JsonObject manifest)
    {
        var isExact = Exact.Contains(manifest.Text("kind") ?? "");
        var found = new List<Difference>();
        foreach (var (name, wanted) in manifest)
            if (name is not ("apiVersion" or "kind")) new ManifestWalk(isExact && name != "metadata", found).Field(actual, name, wanted);
        return found;
    }

    /// <summary>Sets the fields back. By an apply, those that somebody else has added would stay.</summary>
    public static JsonPatchBuilder Repair(JsonPatchBuilder patch, IEnumerable<Difference> differences)
    {
        foreach (var (path, wanted) in differences)
        {
            if (wanted is null) patch.Remove(path);
            else patch.Add(wanted.DeepClone(), path);
        }

        return patch;
    }
}

/// <summary>A field of an object that is not what its manifest says.</summary>
/// <param name="Path">Names of fields, never into a list: of lists, the outermost is set back whole.</param>
/// <param name="Wanted">Null where nothing should be.</param>
internal sealed record Difference(string[] Path, JsonNode? Wanted)
{
    public override string ToString() => string.Join('.', Path);
}
