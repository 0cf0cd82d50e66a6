using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Controllers;

/// <summary>Adds and removes one finalizer and touches no other. Pure: metadata in, patch out.</summary>
public static class FinalizerPatch
{
    /// <returns>Null when the finalizer is there already.</returns>
    public static V1Patch? Add(V1ObjectMeta metadata, string finalizer)
    {
        if (metadata.Finalizers?.Contains(finalizer) == true)
        {
            return null;
        }

        // Two writers that both see an empty list would each replace it: the version makes the second one fail.
        var patch = new JsonPatchBuilder().IfVersion(metadata.ResourceVersion ?? "");
        return metadata.Finalizers is { Count: > 0 }
            ? patch.Add(finalizer, "metadata", "finalizers", "-").Build()
            : patch.Add(new JsonArray(finalizer), "metadata", "finalizers").Build();
    }

    /// <returns>Null when the finalizer is not there.</returns>
    public static V1Patch? Remove(V1ObjectMeta metadata, string finalizer)
    {
        var index = metadata.Finalizers?.ToList().IndexOf(finalizer) ?? -1;
        if (index < 0)
        {
            return null;
        }

        var place = index.ToString(CultureInfo.InvariantCulture);
        return new JsonPatchBuilder()
            .IfVersion(metadata.ResourceVersion ?? "")
            .Test(finalizer, "metadata", "finalizers", place)
            .Remove("metadata", "finalizers", place)
            .Build();
    }
}
