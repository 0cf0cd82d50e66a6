using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;

namespace Federation.Cluster.Mapping;

/// <summary>The StorageClass of tenants' volumes.</summary>
internal static class VolumeClass
{
    private const string Default = "storageclass.kubernetes.io/is-default-class";

    /// <param name="wanted">Name of the class; empty for the cluster's default.</param>
    /// <returns>Its name, when its volumes stay after their claims are gone.</returns>
    public static string? Retaining(IEnumerable<JsonObject> classes, string wanted)
    {
        // Of several defaults the server takes the youngest: https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass.
        var used = wanted.Length > 0
            ? classes.FirstOrDefault(c => c.Text("metadata", "name") == wanted)
            : classes.Where(c => c.Annotation(Default) == "true").OrderBy(c => c.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).LastOrDefault();
        return used?.Text("reclaimPolicy") == "Retain" ? used.Text("metadata", "name") : null;
    }
}
