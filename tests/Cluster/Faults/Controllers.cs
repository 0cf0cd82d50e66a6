using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Faults;

/// <summary>
/// What scheduler, kubelet and controller manager do, a turn at a time and straight at the API server: pods of Deployments come
/// and go, deleted namespaces are emptied and end. And the tenant, who applies its workload until it is there.
/// </summary>
internal sealed class Controllers(KubernetesClient admin)
{
    private static readonly ResourceKind Lease = ResourceKind.Of<V1Alpha1ComputeLease>();

    private static readonly ResourceKind[] Contents =
    [
        ResourceKinds.Pod, ResourceKinds.Deployment, ResourceKinds.Service, ResourceKinds.ResourceQuota, ResourceKinds.LimitRange,
        ResourceKinds.NetworkPolicy, ResourceKinds.RoleBinding, Lease,
    ];

    private readonly Dictionary<LeaseId, JsonElement> deliveries = [];

    /// <summary>The node that new pods go to; null: there is none.</summary>
    public string? Node { get; set; } = "node-a";

    /// <summary>Somebody's finalizer keeps deleted namespaces from ending.</summary>
    public bool NamespacesHang { get; set; }

    /// <summary>Leases whose namespaces are being deleted.</summary>
    public IReadOnlySet<LeaseId> Leaving { get; private set; } = new HashSet<LeaseId>();

    /// <summary>Pods that run or ran, and those that wait for a node, by lease.</summary>
    public IReadOnlyDictionary<LeaseId, IReadOnlyList<PodFact>> Pods { get; private set; } = new Dictionary<LeaseId, IReadOnlyList<PodFact>>();

    /// <summary>A node that is ready. The API server marks each new one as not ready; that mark is taken away.</summary>
    public async Task AddNodeAsync(string name)
    {
        if (await admin.Resource(ResourceKinds.Node).GetAsync(name) is not null) return;
        var status = new JsonObject
        {
            ["allocatable"] = Json.Map(("cpu", "64"), ("memory", "256Gi"), ("ephemeral-storage", "1Ti"), ("pods", "110")),
            ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))),
        };
        await admin.Resource(ResourceKinds.Node).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["status"] = status });
        await admin.Resource(ResourceKinds.Node).PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
    }

    /// <summary>What there is of each lease, after the turn.</summary>
    public IReadOnlyDictionary<LeaseId, SpaceSeen> Seen { get; private set; } = new Dictionary<LeaseId, SpaceSeen>();

    public void Deliver(LeaseId id, JsonElement workload) => deliveries[id] = workload;

    /// <param name="leases">Those whose namespaces are looked after.</param>
    public async Task TurnAsync(IReadOnlyCollection<LeaseId> leases)
    {
        var spaces = (await admin.Resource(ResourceKinds.Namespace).ListAsync()).Items.ToDictionary(s => ObjectView.Key(s).Name);
        var deployments = (await admin.Resource(ResourceKinds.Deployment).ListAsync()).Items.ToLookup(d => ObjectView.Key(d).Namespace);
        var objects = (await admin.Resource(Lease).ListAsync()).Items.ToDictionary(l => ObjectView.Key(l).Namespace);
        var pods = (await admin.Resource<V1Pod>().ListAsync()).Items.ToLookup(p => p.Metadata.Namespace!);
        Leaving = leases.Where(id => spaces.TryGetValue(id.Namespace, out var space) && LeaseNamespaces.IsLeaving(space)).ToHashSet();
        foreach (var id in leases.Where(id => spaces.ContainsKey(id.Namespace)))
        {
            if (Leaving.Contains(id)) await EmptyAsync(spaces[id.Namespace]);
            else await RunAsync(id, objects.GetValueOrDefault(id.Namespace), [.. deployments[id.Namespace]], [.. pods[id.Namespace]]);
        }

        await LookAsync(leases);
    }

    private async Task LookAsync(IReadOnlyCollection<LeaseId> leases)
    {
        var spaces = (await admin.Resource(ResourceKinds.Namespace).ListAsync()).Items.ToDictionary(s => ObjectView.Key(s).Name);
        var deployments = (await admin.Resource(ResourceKinds.Deployment).ListAsync()).Items.ToLookup(d => ObjectView.Key(d).Namespace);
        var objects = (await admin.Resource(Lease).ListAsync()).Items.ToDictionary(l => ObjectView.Key(l).Namespace);
        var pods = (await admin.Resource<V1Pod>().ListAsync()).Items.ToLookup(p => p.Metadata.Namespace!, p => PodMapper.ToFact(p, null));
        LeaseId[] there = [.. leases.Where(id => spaces.ContainsKey(id.Namespace))];
        Pods = there.ToDictionary(id => id, id => (IReadOnlyList<PodFact>)[.. pods[id.Namespace]]);
        Seen = there.ToDictionary(id => id, id => new SpaceSeen(
            LeaseNamespaces.IsLeaving(spaces[id.Namespace]),
            objects.GetValueOrDefault(id.Namespace) is { } lease ? lease.Number("metadata", "generation") : 0,
            [.. deployments[id.Namespace].Select(d => (ObjectView.Key(d).Name, (int)d.Number("status", "readyReplicas")))]));
    }

    /// <summary>A node stops answering, as the node controller tells it, or answers again. What runs on it runs on.</summary>
    public async Task SayReadyAsync(IEnumerable<LeaseId> leases, string node, bool isReady)
    {
        var conditions = new JsonArray(Json.Map(("type", "Ready"), ("status", isReady ? "True" : "Unknown")));
        await admin.Resource(ResourceKinds.Node).PatchAsync(node, null, V1Patch.Merge(new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } }), new WriteOptions { Subresource = "status" });
        foreach (var id in leases)
        {
            var ready = new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", $"{isReady}"))) } };
            foreach (var pod in (await admin.Resource<V1Pod>().ListAsync(id.Namespace)).Items.Where(p => p.Spec?.NodeName == node))
                await admin.Resource(ResourceKinds.Pod).PatchAsync(pod.Metadata.Name!, id.Namespace, V1Patch.Merge(ready), new WriteOptions { Subresource = "status" });
            foreach (var deployment in (await admin.Resource(ResourceKinds.Deployment).ListAsync(id.Namespace)).Items) await TellReadyAsync(id, deployment, isReady ? 1 : 0);
        }
    }

    /// <summary>A node ends: its pods end with it, unseen.</summary>
    public async Task LoseAsync(IEnumerable<LeaseId> leases, string node)
    {
        await admin.Resource(ResourceKinds.Node).DeleteAsync(node);
        foreach (var id in leases)
            foreach (var pod in (await admin.Resource<V1Pod>().ListAsync(id.Namespace)).Items.Where(p => p.Spec?.NodeName == node))
                await DeleteAsync(ResourceKinds.Pod, pod.Metadata.Name!, id.Namespace);
    }

    private async Task RunAsync(LeaseId id, JsonObject? lease, JsonObject[] deployments, V1Pod[] running)
    {
        if (lease is not null) await DeliverAsync(id, lease);
        foreach (var pod in running.Where(p => !deployments.Any(d => IsOf(p, d))))
            await DeleteAsync(ResourceKinds.Pod, pod.Metadata.Name!, id.Namespace);
        foreach (var deployment in deployments.Where(d => !running.Any(p => IsOf(p, d) && p.Spec?.NodeName is { Length: > 0 })))
        {
            var waiting = running.Where(p => IsOf(p, deployment)).ToArray();
            if (Node is null && waiting.Length > 0) continue;
            foreach (var pod in waiting) await DeleteAsync(ResourceKinds.Pod, pod.Metadata.Name!, id.Namespace);
            if (Node is not null) await StartAsync(id, deployment);
            else await WaitAsync(id, deployment);
        }
    }

    private async Task DeliverAsync(LeaseId id, JsonObject lease)
    {
        if (!deliveries.TryGetValue(id, out var workload)) return;
        if (lease["spec"]!["workload"] is { } there && JsonNode.DeepEquals(there, JsonNode.Parse(workload.GetRawText()))) return;
        var patch = new JsonObject { ["spec"] = new JsonObject { ["workload"] = JsonNode.Parse(workload.GetRawText()) } };
        await admin.Resource(Lease).PatchAsync(id.Namespace, id.Namespace, V1Patch.Merge(patch));
    }

    // One pod of each, which is all that these workloads ask for.
    private async Task StartAsync(LeaseId id, JsonObject deployment)
    {
        var pod = PodOf(id, deployment);
        var name = (string)pod["metadata"]!["name"]!;
        pod["spec"]!["nodeName"] = Node;
        await admin.Resource(ResourceKinds.Pod).CreateAsync(pod);
        var status = new JsonObject
        {
            ["phase"] = "Running",
            ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))),
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["name"] = pod["spec"]!["containers"]![0]!["name"]!.DeepClone(), ["image"] = "", ["imageID"] = "", ["ready"] = true, ["restartCount"] = 0,
                ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2027-01-15T08:00:00Z" } },
            }),
        };
        await admin.Resource(ResourceKinds.Pod).PatchAsync(name, id.Namespace, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
        await TellReadyAsync(id, deployment, 1);
    }

    // The scheduler has no node for it.
    private async Task WaitAsync(LeaseId id, JsonObject deployment)
    {
        var pod = PodOf(id, deployment);
        await admin.Resource(ResourceKinds.Pod).CreateAsync(pod);
        var status = new JsonObject { ["conditions"] = new JsonArray(Json.Map(("type", "PodScheduled"), ("status", "False"), ("reason", "Unschedulable"), ("message", "0/0 nodes are available."))) };
        await admin.Resource(ResourceKinds.Pod).PatchAsync((string)pod["metadata"]!["name"]!, id.Namespace, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
        if (deployment.Number("status", "readyReplicas") > 0) await TellReadyAsync(id, deployment, 0);
    }

    private static JsonObject PodOf(LeaseId id, JsonObject deployment)
    {
        var pod = (JsonObject)deployment["spec"]!["template"]!.DeepClone();
        pod["metadata"]!["name"] = Prefix(deployment) + Guid.NewGuid().ToString("n")[..6];
        pod["metadata"]!["namespace"] = id.Namespace;
        return pod;
    }

    private Task<JsonObject> TellReadyAsync(LeaseId id, JsonObject deployment, int pods)
    {
        var status = new JsonObject { ["status"] = new JsonObject { ["replicas"] = 1, ["readyReplicas"] = pods } };
        return admin.Resource(ResourceKinds.Deployment).PatchAsync((string)deployment["metadata"]!["name"]!, id.Namespace, V1Patch.Merge(status), new WriteOptions { Subresource = "status" });
    }

    private async Task EmptyAsync(JsonObject space)
    {
        var name = (string)space["metadata"]!["name"]!;
        foreach (var kind in Contents)
            foreach (var one in (await admin.Resource(kind).ListAsync(name)).Items)
                await DeleteAsync(kind, (string)one["metadata"]!["name"]!, name);
        if (NamespacesHang) return;
        space["spec"]!["finalizers"] = new JsonArray();
        await admin.Resource(ResourceKinds.Namespace).ReplaceAsync(space, new WriteOptions { Subresource = "finalize" });
    }

    private Task<bool> DeleteAsync(ResourceKind kind, string name, string space) =>
        admin.Resource(kind).DeleteAsync(name, space, new DeleteOptions { GracePeriodSeconds = 0 });

    private static bool IsOf(V1Pod pod, JsonObject deployment) => pod.Metadata.Name!.StartsWith(Prefix(deployment), StringComparison.Ordinal);

    // By the object's UID: one that is made anew has pods of its own.
    private static string Prefix(JsonObject deployment) => $"{(string)deployment["metadata"]!["name"]!}-{((string)deployment["metadata"]!["uid"]!)[..8]}-";
}

/// <param name="Generation">Of the ComputeLease; 0 when there is none.</param>
/// <param name="Items">Deployments with their ready pods.</param>
internal sealed record SpaceSeen(bool IsLeaving, long Generation, IReadOnlyList<(string Name, int Ready)> Items);
