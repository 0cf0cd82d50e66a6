using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Support;

/// <summary>Pods of leases on a real API server that has no scheduler and no kubelet: what those say is said here, and the server says when.</summary>
internal sealed class PlayedPods(KubernetesClient admin)
{
    private static readonly ResourceKind Binding = new("", "v1", "bindings", "Binding");

    /// <summary>A node that answers: else nobody vouches for its pods.</summary>
    public Task<JsonObject> AddNodeAsync(string name) => admin.Resource(ResourceKinds.Node).CreateAsync(new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["unschedulable"] = true },
        ["status"] = new JsonObject { ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))) },
    });

    /// <summary>A pod with 64 MiB of scratch space.</summary>
    /// <returns>When the server says that it was bound, unix milliseconds: whole seconds, cut off.</returns>
    public Task<long> BindAsync(MatchedLease lease, string name, string node)
    {
        var pod = (JsonObject)JsonNode.Parse("""
            {"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"automountServiceAccountToken":false,"securityContext":{"runAsNonRoot":true,"runAsUser":1000,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"web","image":"nginx",
             "securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},"resources":{"limits":{"cpu":"100m","memory":"64Mi","ephemeral-storage":"64Mi"}}}]}}
            """)!;
        pod["metadata"] = new JsonObject { ["labels"] = Json.Map((Names.LeaseLabel, Names.LabelOf(lease.Id)), (Names.ItemLabel, "web")) };
        return BindAsync(lease, name, node, pod);
    }

    /// <summary>The pod that a controller makes of a template.</summary>
    /// <returns>As above.</returns>
    public async Task<long> BindAsync(MatchedLease lease, string name, string node, JsonObject template)
    {
        var pod = (JsonObject)template.DeepClone();
        (pod["apiVersion"], pod["kind"]) = ("v1", "Pod");
        (pod["metadata"]!["name"], pod["metadata"]!["namespace"]) = (name, lease.Id.Namespace);
        await admin.Resource(ResourceKinds.Pod).CreateAsync(pod);
        await admin.Resource(Binding).CreateAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = lease.Id.Namespace },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node },
        });
        await TellAsync(lease, name, new JsonObject { ["running"] = new JsonObject() }, "Running");
        var stored = await admin.Resource<V1Pod>().GetAsync(name, lease.Id.Namespace);
        return stored!.Status!.Conditions!.Single(c => c.Type == "PodScheduled").LastTransitionTime!.Value.ToUnixTimeMilliseconds();
    }

    /// <param name="atMs">As its node has it, unix milliseconds.</param>
    public Task<JsonObject> EndAsync(MatchedLease lease, string name, long atMs) => TellAsync(lease, name, new JsonObject
    {
        ["terminated"] = new JsonObject { ["exitCode"] = 0, ["finishedAt"] = DateTimeOffset.FromUnixTimeMilliseconds(atMs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) },
    }, "Succeeded");

    public Task<bool> DeleteAsync(MatchedLease lease, string name) =>
        admin.Resource(ResourceKinds.Pod).DeleteAsync(name, lease.Id.Namespace, new DeleteOptions { GracePeriodSeconds = 0 });

    private Task<JsonObject> TellAsync(MatchedLease lease, string name, JsonObject state, string phase)
    {
        var container = new JsonObject { ["name"] = "web", ["image"] = "", ["imageID"] = "", ["ready"] = phase == "Running", ["restartCount"] = 0, ["state"] = state };
        var status = new JsonObject { ["status"] = new JsonObject { ["phase"] = phase, ["containerStatuses"] = new JsonArray(container) } };
        return admin.Resource(ResourceKinds.Pod).PatchAsync(name, lease.Id.Namespace, V1Patch.Merge(status), new WriteOptions { Subresource = "status" });
    }
}
