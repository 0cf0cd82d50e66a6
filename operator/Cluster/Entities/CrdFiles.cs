using System.Text.Json.Nodes;
using Federation.Kubernetes.Definitions;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>The CustomResourceDefinitions, as objects and as the files of <c>crds/</c>.</summary>
public static class CrdFiles
{
    /// <summary>File name to YAML text, the same for the same classes.</summary>
    public static IReadOnlyDictionary<string, string> Generate() => Definitions().ToDictionary(
        crd => $"{(string)crd["spec"]!["group"]!}_{(string)crd["spec"]!["names"]!["plural"]!}.yaml",
        crd => "# Generated from operator/Cluster/Entities by `make generate`; do not edit.\n" + YamlWriter.Write(crd));

    /// <summary>Writes the files; those that are the same stay untouched.</summary>
    public static void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in Generate())
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || File.ReadAllText(path) != text) File.WriteAllText(path, text);
        }
    }

    /// <summary>All kinds of the group.</summary>
    public static IReadOnlyList<JsonObject> Definitions() => [.. OfDatacenter(), ComputeRequest()];

    /// <summary>What a datacenter's operator needs.</summary>
    public static IReadOnlyList<JsonObject> OfDatacenter() =>
        [WithWorkload<V1Alpha1ComputeLease>("What the lease runs. Written by the tenant; its hash must be specHash."), CrdGenerator.Generate<V1Alpha1Datacenter>()];

    /// <summary>What a tenant's operator needs.</summary>
    public static JsonObject ComputeRequest() => WithWorkload<V1Alpha1ComputeRequest>("What each replica runs, as a ComputeLease has it.");

    // The class keeps the workload as the tenant's own JSON; its schema comes from a class of its own.
    private static JsonObject WithWorkload<T>(string description)
        where T : IKubernetesObject
    {
        var crd = CrdGenerator.Generate<T>();
        var workload = (JsonObject)Spec(CrdGenerator.Generate<WorkloadHolder>()).DeepClone();
        workload["description"] = description;
        Spec(crd)["properties"]!["workload"] = workload;
        return crd;
    }

    private static JsonNode Spec(JsonObject crd) =>
        crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!;

    /// <summary>Carries the workload's schema through the generator; never installed.</summary>
    [KubernetesEntity(Kind = "WorkloadHolder")]
    private sealed record WorkloadHolder : CustomKubernetesEntity<WorkloadSchema>;
}
