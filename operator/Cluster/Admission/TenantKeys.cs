using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>
/// Labels and annotations that a tenant may write. Programs of the datacenter that look into every namespace take orders from others'
/// (a dashboard's sidecar loads and fetches what is labelled for it, a replicator copies Secrets): what is not known to be nobody's order is refused.
/// </summary>
internal static class TenantKeys
{
    /// <summary>For what tenants want to say themselves.</summary>
    public const string Own = "tenant." + Names.Group + "/";

    private static readonly string[] Prefixes = [Own, "app.kubernetes.io/", "kubectl.kubernetes.io/", "helm.sh/", "meta.helm.sh/"];

    private static readonly HashSet<string> Others = new(StringComparer.Ordinal) { "app", "kubernetes.io/description", "kubernetes.io/change-cause" };

    /// <summary>Those that are new or changed: what stood there before may stay, or go.</summary>
    public static IEnumerable<V1StatusCause> Faults(JsonObject before, JsonObject after)
    {
        foreach (var path in new[] { "labels", "annotations" })
        {
            var (old, now) = (before.At("metadata", path) as JsonObject ?? [], after.At("metadata", path) as JsonObject ?? []);
            foreach (var (key, value) in now.OrderBy(p => p.Key, StringComparer.Ordinal))
                if (!IsAllowed(key) && !JsonNode.DeepEquals(old[key], value))
                    yield return new V1StatusCause { Reason = "FieldValueForbidden", Field = $"metadata.{path}[{key}]", Message = $"programs of the datacenter may take orders from it: leave it out, or name it {Own}..., app, or as one of {string.Join(", ", Prefixes[1..].Select(p => p + "..."))}." };
        }
    }

    private static bool IsAllowed(string key) => Others.Contains(key) || Prefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal));
}
