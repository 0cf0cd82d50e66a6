using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Host.Tests.Support;

/// <summary>A node on which leases find room, where no kubelet runs.</summary>
internal static class OneNode
{
    /// <param name="gpus">Of one model, by the labels of NVIDIA's feature discovery.</param>
    public static async Task AddAsync(KubernetesClient client, int gpus = 0)
    {
        var amounts = new JsonObject { ["cpu"] = "64", ["memory"] = "256Gi", ["ephemeral-storage"] = "1Ti", ["pods"] = "110" };
        if (gpus > 0) amounts["nvidia.com/gpu"] = $"{gpus}";
        var labels = gpus > 0 ? new JsonObject { ["nvidia.com/gpu.product"] = "NVIDIA-A100-SXM4-80GB", ["nvidia.com/gpu.memory"] = "81920" } : new JsonObject();
        var nodes = client.Resource(ResourceKinds.Node);
        await nodes.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "node-1", ["labels"] = labels } });
        var status = new JsonObject
        {
            ["allocatable"] = amounts, ["capacity"] = amounts.DeepClone(),
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
        };
        await nodes.PatchAsync("node-1", null, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
        // Without taints, as a node is once it has been looked at.
        await nodes.PatchAsync("node-1", null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
    }
}
