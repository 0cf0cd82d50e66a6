using System.Text.Json.Nodes;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Manifests;

/// <summary>All objects of a workload. Each says what the others are, and what was applied to it.</summary>
internal static class WorkloadManifests
{
    public static IReadOnlyList<JsonObject> Build(WorkloadContext context, WorkloadSpec workload)
    {
        context = context with { Workload = workload };
        var objects = workload.Services.SelectMany(s => ServiceManifests.Build(context, s))
            .Concat(workload.Jobs.Select(j => JobManifest.Build(context, j)))
            // An earlier name of one item's pods may be another item's by now.
            .DistinctBy(Name, StringComparer.Ordinal)
            .ToArray();
        var all = string.Join(',', objects.Select(Name).Order(StringComparer.Ordinal));
        foreach (var one in objects)
        {
            var annotations = one["metadata"]!["annotations"]!;
            annotations[Names.ObjectsAnnotation] = all;
            // Without needless escapes: they would make six bytes of one, and annotations are bounded.
            annotations[Names.AppliedAnnotation] = one["spec"]!.ToJsonString(KubernetesJson.Options);
        }

        return objects;
    }

    /// <summary>Kind and name, as <see cref="Names.ObjectsAnnotation"/> lists them.</summary>
    public static string Name(JsonObject manifest) => $"{manifest.Text("kind")}/{manifest.Text("metadata", "name")}";
}
