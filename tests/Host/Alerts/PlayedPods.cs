using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>A pod of each lease, made and run as controllers, scheduler and kubelet would: there are none.</summary>
internal static class PlayedPods
{
    /// <returns>Their uids, by namespace.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> StartAsync(KubernetesClient admin, IReadOnlyList<LeaseId> leases)
    {
        var (pods, uids) = (admin.Resource(ResourceKinds.Pod), new Dictionary<string, string>());
        foreach (var lease in leases)
        {
            await Eventually.TrueAsync(async () => await admin.Resource<V1Namespace>().GetAsync(lease.Namespace) is not null, 240, "the lease has its namespace");
            var pod = JsonNode.Parse($$"""
                {"metadata": {"name": "web-0", "namespace": "{{lease.Namespace}}", "labels": {"compute.federation/item": "web"} },
                 "spec": {"nodeName": "node-1", "automountServiceAccountToken": false, "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"} },
                  "containers": [{"name": "web", "image": "web", "resources": {"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Mi"}, "limits": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Mi"} },
                   "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]} } }] } }
                """)!.AsObject();
            JsonObject? made = null;
            await Eventually.TrueAsync(async () => (made = await TryAsync(() => pods.CreateAsync((JsonObject)pod.DeepClone()))) is not null, 60, "the pod is made");
            uids[lease.Namespace] = (string)made!["metadata"]!["uid"]!;
            var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            var status = JsonNode.Parse($$"""
                {"phase": "Running", "startTime": "{{now}}", "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "{{now}}"}, {"type": "Ready", "status": "True"}],
                 "containerStatuses": [{"name": "web", "image": "web", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "{{now}}"} } }] }
                """);
            await pods.PatchAsync("web-0", lease.Namespace, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
        }

        return uids;
    }

    private static async Task<JsonObject?> TryAsync(Func<Task<JsonObject>> write)
    {
        try
        {
            return await write();
        }
        catch (KubernetesException e) when (e.Message.Contains("quota", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("not found", StringComparison.OrdinalIgnoreCase))
        {
            // The namespace is still being furnished.
            return null;
        }
    }
}
