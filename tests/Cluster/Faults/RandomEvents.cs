using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Nodes and pods that come, change and go at random on a real API server; what is left goes at the end.</summary>
internal sealed class RandomEvents(KubernetesClient admin, int seed) : IAsyncDisposable
{
    private const int Nodes = 8;
    private const int Names = 12;

    private static readonly DeleteOptions AtOnce = new() { GracePeriodSeconds = 0 };
    private static readonly string[] Spaces = ["lease-00000000000000a1", "lease-00000000000000a2", "lease-00000000000000a3", "random"];

    private readonly Random random = new(seed);
    private readonly HashSet<string> nodes = [];
    private readonly HashSet<ObjectKey> pods = [];

    public async Task BeginAsync()
    {
        foreach (var space in Spaces)
            if (await admin.Resource(ResourceKinds.Namespace).GetAsync(space) is null)
                await admin.Resource(ResourceKinds.Namespace).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = space } });
    }

    public Task HappenAsync() => random.Next(4) == 0 ? NodeAsync($"random-{random.Next(Nodes)}") : PodAsync(new ObjectKey(Spaces[random.Next(Spaces.Length)], $"pod-{random.Next(Names)}"));

    /// <summary>One that is ready, with devices.</summary>
    public async Task AddNodeAsync(string name, int gpus)
    {
        nodes.Add(name);
        await admin.Resource(ResourceKinds.Node).CreateAsync(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = Json.Map(("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-80GB"), ("nvidia.com/gpu.memory", "81920")) },
            ["status"] = Status(gpus, isReady: true),
        });
        // The API server marks each new one as not ready.
        await admin.Resource(ResourceKinds.Node).PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in pods) await admin.Resource(ResourceKinds.Pod).DeleteAsync(pod.Name, pod.Namespace, AtOnce);
        foreach (var node in nodes) await admin.Resource(ResourceKinds.Node).DeleteAsync(node);
    }

    private async Task NodeAsync(string name)
    {
        var objects = admin.Resource(ResourceKinds.Node);
        if (!nodes.Contains(name)) await AddNodeAsync(name, random.Next(5));
        else if (random.Next(5) == 0)
        {
            nodes.Remove(name);
            await objects.DeleteAsync(name);
        }
        else if (random.Next(3) == 0) await objects.PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = random.Next(3) == 0 } }));
        else await objects.PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["status"] = Status(random.Next(5), random.Next(5) > 0) }), new WriteOptions { Subresource = "status" });
    }

    private async Task PodAsync(ObjectKey key)
    {
        var objects = admin.Resource(ResourceKinds.Pod);
        if (pods.Add(key)) await objects.CreateAsync(Pod(key));
        else if (random.Next(2) == 0)
        {
            pods.Remove(key);
            await objects.DeleteAsync(key.Name, key.Namespace, AtOnce);
        }
        else
        {
            var phase = random.Next(4) switch { 0 => "Succeeded", 1 => "Failed", _ => "Running" };
            await objects.PatchAsync(key.Name, key.Namespace, V1Patch.Merge(new JsonObject { ["status"] = new JsonObject { ["phase"] = phase } }), new WriteOptions { Subresource = "status" });
        }
    }

    private static JsonObject Status(int gpus, bool isReady) => new()
    {
        ["allocatable"] = Json.Map(("cpu", "64"), ("memory", "256Gi"), ("ephemeral-storage", "1Ti"), ("pods", "110"), ("nvidia.com/gpu", Amount.Count((ulong)gpus))),
        ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", isReady ? "True" : "Unknown"))),
    };

    private JsonObject Pod(ObjectKey key)
    {
        var amounts = Json.Map(("cpu", $"{random.Next(1, 900)}m"), ("memory", $"{random.Next(1, 900)}Mi"));
        if (random.Next(3) == 0) amounts["nvidia.com/gpu"] = $"{random.Next(1, 3)}";
        var container = new JsonObject { ["name"] = "c", ["image"] = "nginx", ["resources"] = new JsonObject { ["requests"] = amounts, ["limits"] = amounts.DeepClone() } };
        var spec = new JsonObject { ["automountServiceAccountToken"] = false, ["containers"] = new JsonArray(container) };
        // Also onto one that is not there, or not any more.
        if (random.Next(4) > 0) spec["nodeName"] = $"random-{random.Next(Nodes)}";
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = key.Name, ["namespace"] = key.Namespace }, ["spec"] = spec };
    }
}
