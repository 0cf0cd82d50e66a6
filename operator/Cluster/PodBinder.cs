using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Workloads;

namespace Federation.Cluster;

/// <summary>
/// Which nodes the pods of a lease's services and jobs prefer. What is there keeps those that it has, or none if it was made
/// before there were any: a change of the template would restart it.
/// </summary>
internal sealed class PodBinder(ClusterCache cache, LeaseNamespaces namespaces)
{
    /// <summary>Written down first: whoever asks what is free must not find it so while the pods are on their way.</summary>
    public Task ReserveAsync(LeaseId id, IReadOnlyList<NodeShare>? shares, CancellationToken cancellation) =>
        shares is null ? Task.CompletedTask : namespaces.BindAsync(id, shares, cancellation);

    /// <summary>Nodes of everything that the workload asks for, where what it is now stands as it is.</summary>
    public Dictionary<string, JsonObject> Kept(EnsureWorkload ensure)
    {
        var affinities = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var container in ensure.Workload.Containers)
        {
            var seen = Find(ensure.Id, container.Name);
            // Nothing of it runs: other nodes cost it nothing.
            var isAsleep = seen is not null && seen.Text("kind") != "Job" && seen.Number("spec", "replicas") == 0;
            var found = seen is null || isAsleep ? Found(ensure, container) : null;
            if ((found ?? Template(seen)?.At("spec", "affinity")) is JsonObject affinity) affinities[container.Name] = affinity;
        }

        return affinities;
    }

    /// <summary>The same once more, for what an amendment restarts in any case: it goes where it was found a place. Another number of replicas restarts nothing.</summary>
    /// <param name="wanted">Made with what <see cref="Kept"/> told.</param>
    /// <returns>False when nothing is restarted.</returns>
    public bool Renew(EnsureWorkload ensure, IReadOnlyList<JsonObject> wanted, Dictionary<string, JsonObject> affinities)
    {
        var renewed = false;
        foreach (var container in ensure.Workload.Containers)
        {
            if (Find(ensure.Id, container.Name) is not { } seen || seen.Annotation(Names.SpecHashAnnotation) == ensure.SpecHash) continue;
            var next = wanted.First(w => IsItem(w, container.Name));
            if (JsonNode.DeepEquals(Template(next), Template(seen)) || Found(ensure, container) is not { } affinity) continue;
            (affinities[container.Name], renewed) = (affinity, true);
        }

        return renewed;
    }

    private JsonObject? Found(EnsureWorkload ensure, ContainerSpec container) => ensure.Nodes.GetValueOrDefault(container.Name) is { Count: > 0 } nodes
        ? NodeBinding.Prefer([.. nodes.Select(n => NodeBinding.HostOf(n, cache.Nodes.Get(n)?.Metadata.Labels)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)])
        : null;

    private JsonObject? Find(LeaseId id, string item) => cache.WorkloadOf(id).FirstOrDefault(o => IsItem(o, item));

    private static bool IsItem(JsonObject one, string item) => one.Text("kind") is "Deployment" or "StatefulSet" or "Job" && one.Text("metadata", "name") == item;

    // As we wrote it: what the server adds to it is none of ours.
    private static JsonObject? Template(JsonObject? item)
    {
        try
        {
            return item?.Annotation(Names.AppliedAnnotation) is { } text ? (JsonNode.Parse(text) as JsonObject)?["template"] as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
