using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>
/// Which nodes the pods of a lease's services and jobs go to. What is there keeps the nodes that it has, or none if it was made
/// before there were any: a change of the template would restart it.
/// </summary>
internal sealed class PodBinder(KubernetesClient client, ClusterCache cache, ClusterWriter writer, LeaseNamespaces namespaces)
{
    private static readonly string[] AffinityPath = ["spec", "template", "spec", "affinity"];

    /// <summary>Written down first: whoever asks what is free must not find it so while the pods are on their way.</summary>
    public Task ReserveAsync(LeaseId id, IReadOnlyList<Domain.Placement.NodeShare>? shares, CancellationToken cancellation) =>
        shares is null ? Task.CompletedTask : namespaces.BindAsync(id, shares, cancellation);

    /// <summary>Nodes of everything that the workload asks for, where what it is now stands as it is.</summary>
    public Dictionary<string, JsonObject> Kept(EnsureWorkload ensure)
    {
        var affinities = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var service in ensure.Workload.Services) Put(service.Container, service);
        foreach (var job in ensure.Workload.Jobs) Put(job.Container, null);
        return affinities;

        void Put(ContainerSpec container, ServiceSpec? service)
        {
            var seen = Find(ensure.Id, container.Name);
            var nodes = ensure.Nodes.GetValueOrDefault(container.Name);
            // Nothing of it runs: other nodes cost it nothing.
            var isAsleep = seen is not null && seen.Text("kind") != "Job" && seen.Number("spec", "replicas") == 0 && nodes?.Except(NodeBinding.RequiredOf(seen), StringComparer.Ordinal).Any() == true;
            var affinity = seen is null || isAsleep ? New(ensure.Id, nodes, container, service) : Applied(seen)?.At("template", "spec", "affinity") as JsonObject;
            if (affinity is not null) affinities[container.Name] = affinity;
        }
    }

    /// <summary>The same once more, for what an amendment restarts in any case: it goes where it was found a place.</summary>
    /// <returns>False when nothing is restarted.</returns>
    public bool Renew(EnsureWorkload ensure, IReadOnlyList<JsonObject> wanted, Dictionary<string, JsonObject> affinities)
    {
        var renewed = false;
        foreach (var container in ensure.Workload.Containers)
        {
            if (Find(ensure.Id, container.Name) is not { } seen || seen.Annotation(Names.SpecHashAnnotation) == ensure.SpecHash) continue;
            var next = wanted.First(w => w.Text("kind") is "Deployment" or "StatefulSet" or "Job" && w.Text("metadata", "name") == container.Name);
            if (next.Annotation(Names.AppliedAnnotation) == seen.Annotation(Names.AppliedAnnotation)) continue;
            var service = ensure.Workload.Services.FirstOrDefault(s => s.Container.Name == container.Name);
            if (New(ensure.Id, ensure.Nodes.GetValueOrDefault(container.Name), container, service) is not { } affinity) continue;
            (affinities[container.Name], renewed) = (affinity, true);
        }

        return renewed;
    }

    /// <summary>Pods that their nodes do not take go to others; those that run stay as they are.</summary>
    public async Task MoveAsync(MoveWorkload move, CancellationToken cancellation)
    {
        await ReserveAsync(move.Id, move.Reserve, cancellation);
        foreach (var (item, nodes) in move.Nodes)
        {
            if (Find(move.Id, item) is not { } seen) continue;
            // Its template stands for ever: it is made anew with the next look, at the places that are found then. None of it has run, or it would not wait.
            if (seen.Text("kind") == "Job") await writer.DeleteAsync(cache.Of(seen), seen, cancellation);
            else if (seen.Text("kind") == "Deployment" && PodsOf(move.Id, item).Any(p => p.Spec?.NodeName is { Length: > 0 })) await SlipAsync(move.Id, seen, NodeBinding.Require(nodes), cancellation);
            else await writer.PatchAsync(cache.Of(seen), seen, p => Bind(p, seen, HasVolumes(move.Id, item) ? Prefer(nodes) : NodeBinding.Require(nodes)), cancellation);
        }
    }

    // Another template makes other pods of all of them. While a Deployment is paused it makes none, and what it finds afterwards
    // is a ReplicaSet that is as it should be: so the pods that run are those that it wants. Those that wait were made of the old
    // template, and would wait for its nodes for ever: with as many replicas less it is they who go, since they have no node, and
    // the next look wants as many as ever.
    private async Task SlipAsync(LeaseId id, JsonObject deployment, JsonObject affinity, CancellationToken cancellation)
    {
        var (item, uid) = (deployment.Text("metadata", "name")!, deployment.Text("metadata", "uid"));
        var paused = await writer.PatchAsync(cache.Of(deployment), deployment, p => p.Add(true, "spec", "paused"), cancellation);
        var sets = client.Resource(ResourceKinds.ReplicaSet);
        foreach (var set in (await sets.ListAsync(id.Namespace, new ListOptions { LabelSelector = $"{Names.ItemLabel}={item}" }, cancellation)).Items)
            if (set.Items("metadata", "ownerReferences").Any(o => o.Text("uid") == uid) && set.Number("spec", "replicas") > 0)
                await sets.PatchAsync(set.Text("metadata", "name")!, id.Namespace, new JsonPatchBuilder().Add(affinity.DeepClone(), AffinityPath).Build(), new WriteOptions { FieldManager = Names.Manager }, cancellation);
        var running = PodsOf(id, item).Count(p => p.Spec?.NodeName is { Length: > 0 });
        await writer.PatchAsync(cache.Of(deployment), paused, p => Bind(p, paused, affinity).Replace(running, "spec", "replicas").Remove("spec", "paused"), cancellation);
    }

    private static JsonPatchBuilder Bind(JsonPatchBuilder patch, JsonObject seen, JsonObject affinity)
    {
        patch.Add(affinity.DeepClone(), AffinityPath);
        if (Applied(seen) is not { } applied) return patch;
        applied["template"]!["spec"]!["affinity"] = affinity.DeepClone();
        return patch.Add(applied.ToJsonString(KubernetesJson.Options), "metadata", "annotations", Names.AppliedAnnotation);
    }

    private JsonObject? New(LeaseId id, IReadOnlyList<string>? nodes, ContainerSpec container, ServiceSpec? service)
    {
        if (nodes is not { Count: > 0 }) return null;
        var distinct = nodes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var canMove = service is { Volumes.Count: 0 } || (container.Replicas == 1 && !HasVolumes(id, container.Name));
        return canMove ? NodeBinding.Require(distinct) : Prefer(distinct);
    }

    private JsonObject Prefer(IEnumerable<string> nodes) => NodeBinding.Prefer([.. nodes.Select(n => NodeBinding.HostOf(n, cache.Nodes.Get(n)?.Metadata.Labels))]);

    private bool HasVolumes(LeaseId id, string item) => cache.Volumes.In(id.Namespace).Any(v => v.Label(Names.ItemLabel) == item);

    private JsonObject? Find(LeaseId id, string item) =>
        cache.WorkloadOf(id).FirstOrDefault(o => o.Text("kind") is "Deployment" or "StatefulSet" or "Job" && o.Text("metadata", "name") == item);

    private IEnumerable<V1Pod> PodsOf(LeaseId id, string item) => cache.WorkloadPodsOf(id).Where(p => p.Metadata.Labels?.GetValueOrDefault(Names.ItemLabel) == item && !PodMapper.HasEnded(p));

    private static JsonObject? Applied(JsonObject seen)
    {
        try
        {
            return seen.Annotation(Names.AppliedAnnotation) is { } text ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
