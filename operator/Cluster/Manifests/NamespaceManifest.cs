using System.Text.Json.Nodes;
using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>The namespace that holds everything of a lease.</summary>
internal static class NamespaceManifest
{
    // Pod Security admission exists from 1.23 on; before, the labels do nothing and the builders alone keep the profile.
    private static readonly string[] Modes = ["enforce", "audit", "warn"];

    public static JsonObject Build(LeaseId id)
    {
        var labels = Labels(id);
        foreach (var mode in Modes) labels["pod-security.kubernetes.io/" + mode] = "restricted";
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject
            {
                ["name"] = id.Namespace,
                ["labels"] = labels,
                ["annotations"] = Json.Map((Names.LeaseIdAnnotation, id.Hex)),
            },
        };
    }

    /// <summary>Labels of every object of a lease.</summary>
    public static JsonObject Labels(LeaseId id) => Json.Map((Names.ManagedByLabel, Names.Manager), (Names.LeaseLabel, Names.LabelOf(id)));

    /// <summary>Metadata of an object in the lease's namespace.</summary>
    public static JsonObject Metadata(LeaseId id, string name) => new()
    {
        ["name"] = name,
        ["namespace"] = id.Namespace,
        ["labels"] = Labels(id),
    };
}
