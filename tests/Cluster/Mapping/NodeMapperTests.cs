using System.Text.Json;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Cluster.Watching;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Tests.Mapping;

public sealed class NodeMapperTests
{
    private static readonly NodePolicy Policy = new(new Dictionary<string, GpuPlacement> { [Cases.GpuClass] = Cases.Placement }, 500, 256);

    [Fact]
    public void Free_IsAllocatableWithoutPodsAndReserve()
    {
        var running = Pod("a", "Running", """[{"name":"x","resources":{"requests":{"cpu":"1","memory":"1Gi","nvidia.com/gpu":"1"} } }]""");
        var ended = Pod("b", "Succeeded", """[{"name":"x","resources":{"requests":{"cpu":"4","nvidia.com/gpu":"4"} } }]""");

        var node = Snapshot(running, running, ended);

        Assert.Equal(8000 - 1000 - 500, node.Free.CpuMilli);
        Assert.Equal((16L - 1) * 1024 * 1024 * 1024 - (256L * 1024 * 1024), node.Free.MemoryBytes);
        Assert.Equal(3, node.Free.Extended["nvidia.com/gpu"]);
        Assert.Equal((109, 110), (node.FreePods, node.TotalPods));
        Assert.Equal((8000 - 500, 4), (node.Total.CpuMilli, node.Total.Extended["nvidia.com/gpu"]));
        Assert.Equal("nvidia.com/gpu", node.GpuClasses[Cases.GpuClass]);
        Assert.Null(node.Blocked);
    }

    [Theory]
    [InlineData("""[{"name":"","features":{"userNamespaces":true}},{"name":"gvisor","features":{"userNamespaces":false}}]""", true, false)]
    [InlineData("""[{"features":{"recursiveReadOnlyMounts":true}},{"name":"gvisor","features":{"userNamespaces":true}}]""", false, true)]
    [InlineData("[]", false, false)]
    public void UserNamespaces_AreWhatTheNodeSaysOfTheHandler(string handlers, bool usual, bool gvisor)
    {
        var node = JsonSerializer.Deserialize<V1Node>($$$"""{"metadata":{"name":"a"},"status":{"runtimeHandlers":{{{handlers}}}}}""", KubernetesJson.Options)!;
        Assert.Equal((usual, gvisor), (NodeHealth.HasUserNamespaces(node, ""), NodeHealth.HasUserNamespaces(node, "gvisor")));
    }

    [Theory]
    [InlineData("""{"unschedulable":true}""", "[]", "is cordoned")]
    [InlineData("""{"taints":[{"key":"gpu","effect":"NoSchedule"}]}""", "[]", "has the taint gpu")]
    [InlineData("""{"taints":[{"key":"soft","effect":"PreferNoSchedule"}]}""", "[]", null)]
    [InlineData("{}", """[{"type":"DiskPressure","status":"True"}]""", "has DiskPressure")]
    public void Node_IsBlockedForItsReason(string spec, string conditions, string? reason) =>
        Assert.Equal(reason, NodeHealth.Blocked(Node(spec, conditions)));

    [Fact]
    public void NodeThatIsNotReady_IsBlocked() => Assert.Equal("is not ready", NodeHealth.Blocked(new V1Node { Metadata = new() { Name = "n" } }));

    [Fact]
    public void ClassNeedsEveryLabel()
    {
        var other = Node() with { Metadata = new V1ObjectMeta { Name = "n", Labels = new Dictionary<string, string> { ["nvidia.com/gpu.product"] = "NVIDIA-A100-SXM4-80GB" } } };

        Assert.Empty(NodeMapper.Classes(other, Policy, new Dictionary<string, GpuPlacement>()));
    }

    private static Domain.Placement.NodeSnapshot Snapshot(params V1Pod[] pods)
    {
        var inventory = new Inventory();
        inventory.Handle(new InformerEvent<V1Node>(InformerEventType.Added, null, Node()));
        foreach (var pod in pods) inventory.Handle(new InformerEvent<V1Pod>(InformerEventType.Added, null, pod));
        return inventory.Read(Policy).Nodes.Single();
    }

    private static V1Node Node(string spec = "{}", string conditions = "[]") => JsonSerializer.Deserialize<V1Node>(
        $$"""
        {"metadata":{"name":"n","labels":{"nvidia.com/gpu.product":"NVIDIA-A100-SXM4-80GB","nvidia.com/gpu.memory":"81920"} },"spec":{{spec}},
         "status":{"allocatable":{"cpu":"8","memory":"16Gi","pods":"110","ephemeral-storage":"100Gi","nvidia.com/gpu":"4"},
                   "conditions":[{"type":"Ready","status":"True"}{{(conditions == "[]" ? "" : "," + conditions[1..^1])}}]} }
        """, KubernetesJson.Options)!;

    private static V1Pod Pod(string uid, string phase, string containers, string init = "[]") => JsonSerializer.Deserialize<V1Pod>(
        $$"""{"metadata":{"name":"{{uid}}","uid":"{{uid}}"},"spec":{"nodeName":"n","containers":{{containers}},"initContainers":{{init}} },"status":{"phase":"{{phase}}"} }""",
        KubernetesJson.Options)!;
}
