using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Mapping;

public sealed class GpuLabelsTests
{
    [Theory]
    [InlineData("nvidia.com/gpu=8", "nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB,nvidia.com/gpu.memory=81920,nvidia.com/gpu.count=8,nvidia.com/gpu.replicas=1,nvidia.com/gpu.sharing-strategy=none", "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920")]
    [InlineData("nvidia.com/gpu=8", "nvidia.com/gpu.product=NVIDIA-A100-PCIE-40GB,nvidia.com/gpu.memory=40960", "nvidia.com/gpu/NVIDIA-A100-PCIE-40GB/40960")]
    // MIG, one profile for all: the labels of the whole device tell of the slices.
    [InlineData("nvidia.com/gpu=56", "nvidia.com/gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb,nvidia.com/gpu.memory=4864,nvidia.com/mig.strategy=single,nvidia.com/mig.config.state=success", "nvidia.com/gpu/NVIDIA-A100-SXM4-40GB-MIG-1g.5gb/4864")]
    // MIG, mixed: a resource for each profile, beside devices that are whole.
    [InlineData("nvidia.com/gpu=2,nvidia.com/mig-1g.5gb=7,nvidia.com/mig-3g.20gb=2", "nvidia.com/gpu.product=NVIDIA-A100-SXM4-40GB,nvidia.com/gpu.memory=40960,nvidia.com/mig-1g.5gb.product=NVIDIA-A100-SXM4-40GB-MIG-1g.5gb,nvidia.com/mig-1g.5gb.memory=4864,nvidia.com/mig-3g.20gb.product=NVIDIA-A100-SXM4-40GB-MIG-3g.20gb,nvidia.com/mig-3g.20gb.memory=20096,nvidia.com/mig.strategy=mixed", "nvidia.com/gpu/NVIDIA-A100-SXM4-40GB/40960 nvidia.com/mig-1g.5gb/NVIDIA-A100-SXM4-40GB-MIG-1g.5gb/4864 nvidia.com/mig-3g.20gb/NVIDIA-A100-SXM4-40GB-MIG-3g.20gb/20096")]
    // What is shared, being cut anew, or told in part is sold as nothing.
    [InlineData("nvidia.com/gpu=16", "nvidia.com/gpu.product=Tesla-T4-SHARED,nvidia.com/gpu.memory=15360,nvidia.com/gpu.replicas=4", "")]
    [InlineData("nvidia.com/gpu=16", "nvidia.com/gpu.product=Tesla-T4,nvidia.com/gpu.memory=15360,nvidia.com/gpu.replicas=4", "")]
    [InlineData("nvidia.com/gpu=16", "nvidia.com/gpu.product=Tesla-T4,nvidia.com/gpu.memory=15360,nvidia.com/gpu.sharing-strategy=mps", "")]
    [InlineData("nvidia.com/gpu.shared=16", "nvidia.com/gpu.product=Tesla-T4,nvidia.com/gpu.memory=15360", "")]
    [InlineData("nvidia.com/mig-1g.5gb.shared=14", "nvidia.com/mig-1g.5gb.product=A,nvidia.com/mig-1g.5gb.memory=4864", "")]
    [InlineData("nvidia.com/gpu=0", "nvidia.com/gpu.product=NVIDIA-A100-SXM4-40GB-MIG-INVALID,nvidia.com/gpu.memory=0", "")]
    [InlineData("nvidia.com/gpu=8", "nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB,nvidia.com/gpu.memory=81920,nvidia.com/mig.config.state=pending", "")]
    [InlineData("nvidia.com/gpu=8", "nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB", "")]
    [InlineData("nvidia.com/gpu=8", "", "")]
    [InlineData("amd.com/gpu=8", "amd.com/gpu.product-name=AMD_Instinct_MI300X_OAM,amd.com/gpu.vram=192G", "amd.com/gpu/AMD_Instinct_MI300X_OAM/196608")]
    [InlineData("amd.com/gpu=64", "amd.com/gpu.product-name=AMD_Instinct_MI300X_OAM,amd.com/gpu.vram=192G,amd.com/gpu.compute-memory-partition=cpx_nps4", "")]
    [InlineData("amd.com/gpu=8", "amd.com/gpu.product-name=X,amd.com/gpu.vram=lots", "")]
    [InlineData("gpu.intel.com/i915=2", "gpu.intel.com/product=Max_1550,gpu.intel.com/device.count=2,gpu.intel.com/family=Max_Series", "gpu.intel.com/i915/Max_1550/131072")]
    [InlineData("gpu.intel.com/xe=1", "gpu.intel.com/product=Flex_170,gpu.intel.com/device.count=1", "gpu.intel.com/xe/Flex_170/16384")]
    [InlineData("gpu.intel.com/i915=20", "gpu.intel.com/product=Flex_170,gpu.intel.com/device.count=2", "")]
    [InlineData("gpu.intel.com/i915=1", "gpu.intel.com/product=Arc_9000,gpu.intel.com/device.count=1", "")]
    public void Classes_FollowFromLabels(string allocatable, string labels, string classes)
    {
        var node = Node(allocatable, labels);
        var found = GpuLabels.Find(node);
        Assert.Equal(classes, string.Join(' ', found.Keys.Order(StringComparer.Ordinal)));
        // A pod with these labels as its selector comes onto this node, and onto no other kind.
        Assert.All(found, f => Assert.All(f.Value.NodeLabels, l => Assert.Equal(l.Value, node.Metadata.Labels![l.Key])));
        Assert.All(found, f => Assert.Equal(f.Value.NodeLabels, GpuLabels.PlacementOf(f.Key)!.NodeLabels));
        Assert.All(found, f => Assert.Matches(Federation.Cluster.Entities.Patterns.GpuClass, f.Key));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("nvidia.com/gpu/NVIDIA-L4")]
    [InlineData("example.com/fpga/Model/1024")]
    [InlineData("nvidia.com/gpu/NVIDIA-L4/0")]
    public void TextThatNoLabelsGive_HasNoPlacement(string text) => Assert.Null(GpuLabels.PlacementOf(text));

    [Fact]
    public void Spec_ComesBeforeLabels()
    {
        var node = Node("nvidia.com/gpu=8,nvidia.com/mig-1g.5gb=7", "nvidia.com/gpu.product=NVIDIA-L4,nvidia.com/gpu.memory=23034,nvidia.com/mig-1g.5gb.product=M,nvidia.com/mig-1g.5gb.memory=4864");
        var named = new NodePolicy(new Dictionary<string, GpuPlacement> { ["nvidia.com/gpu/My-L4/24000"] = new("nvidia.com/gpu", new Dictionary<string, string>(), "nvidia") }, 0, 0);
        Assert.Equal(["nvidia.com/gpu/My-L4/24000", "nvidia.com/mig-1g.5gb/M/4864"], NodeMapper.Classes(node, named, GpuLabels.Find(node)).Keys.Order(StringComparer.Ordinal));

        // Under its own name the spec says where it is, and that it is not here.
        var elsewhere = new NodePolicy(new Dictionary<string, GpuPlacement> { ["nvidia.com/gpu/NVIDIA-L4/23034"] = new("nvidia.com/gpu", new Dictionary<string, string> { ["pool"] = "b" }, "") }, 0, 0);
        Assert.Equal(["nvidia.com/mig-1g.5gb/M/4864"], NodeMapper.Classes(node, elsewhere, GpuLabels.Find(node)).Keys);
    }

    [Fact]
    public void SharedDevices_AreNotSold_EvenWhenTheSpecNamesThem()
    {
        var node = Node("nvidia.com/gpu=16", "nvidia.com/gpu.product=Tesla-T4-SHARED,nvidia.com/gpu.memory=15360");
        var policy = new NodePolicy(new Dictionary<string, GpuPlacement> { ["nvidia.com/gpu/Tesla-T4/15360"] = new("nvidia.com/gpu", new Dictionary<string, string>(), "") }, 0, 0);
        Assert.Empty(NodeMapper.Classes(node, policy, GpuLabels.Find(node)));
    }

    private static V1Node Node(string allocatable, string labels) => new()
    {
        Metadata = new V1ObjectMeta { Name = "n", Labels = Map(labels) },
        Status = new V1NodeStatus { Allocatable = Map(allocatable) },
    };

    private static Dictionary<string, string> Map(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
}
