using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;

namespace Federation.Cluster.Mapping;

/// <summary>The StorageClass of tenants' volumes.</summary>
public static class VolumeClass
{
    private static readonly string[] DefaultMarks = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

    /// <param name="wanted">Name of the class; empty for the cluster's default.</param>
    /// <returns>The class that claims get, if it is there.</returns>
    public static JsonObject? Of(IEnumerable<JsonObject> classes, string wanted) => wanted.Length > 0
        ? classes.FirstOrDefault(c => c.Text("metadata", "name") == wanted)
        // Of several defaults the server takes the youngest: https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass.
        : classes.Where(c => DefaultMarks.Any(mark => c.Annotation(mark) == "true")).OrderBy(c => c.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).LastOrDefault();

    /// <param name="wanted">Name of the class; empty for the cluster's default.</param>
    /// <returns>Its name, when its volumes stay after their claims are gone.</returns>
    public static string? Retaining(IEnumerable<JsonObject> classes, string wanted) =>
        Of(classes, wanted) is { } used && used.Text("reclaimPolicy") == "Retain" ? used.Text("metadata", "name") : null;
}
