using Federation.Domain.Placement;
using static Federation.Domain.Tests.Placement.Cluster;

namespace Federation.Domain.Tests.Placement;

public sealed class PlacerTests
{
    private static readonly PodDemand Small = Pods("web", 2, 1, 1);

    [Fact]
    public void Place_NoPods_FitsAnywhere() => Assert.True(Placer.Place([], []).Fits);

    [Fact]
    public void Place_NoNodes_SaysSo() => Refused(PlacementReasons.NoNodes, "no node", Placer.Place([Small], []));

    [Fact]
    public void Place_AllBlocked_NamesTheWhy() =>
        Refused(PlacementReasons.NodesBlocked, "a (cordoned), b (not ready)", Placer.Place([Small], [Node("b", 8, 8, blocked: "not ready"), Node("a", 8, 8, blocked: "cordoned")]));

    [Fact]
    public void Place_ManyBlocked_ListsAFew() =>
        Refused(PlacementReasons.NodesBlocked, "and 7 more", Placer.Place([Small], [.. Enumerable.Range(0, 12).Select(i => Node($"n{i}", 8, 8, blocked: "cordoned"))]));

    [Fact]
    public void Place_UnknownModel_NamesWhatIsThere()
    {
        var demand = Pods("train", 1, 1, 1, "nvidia.com/gpu/NVIDIA-H100/81559", 2);
        Refused(PlacementReasons.NoMatchingGpu, $"no node has GPU class nvidia.com/gpu/NVIDIA-H100/81559; this datacenter has: {A100}, {L4}", Placer.Place([demand], [Node("a", 8, 8, A100, 4), Node("b", 8, 8, L4, 1)]));
        Refused(PlacementReasons.NoMatchingGpu, "this datacenter has: no GPU", Placer.Place([demand], [Node("a", 8, 8)]));
    }

    [Fact]
    public void Place_ModelOnBlockedNodeOnly_SaysThatItIsBlocked() =>
        Refused(PlacementReasons.NodesBlocked, $"no node with GPU class {A100} may take pods: a (cordoned)", Placer.Place([Pods("train", 1, 1, 1, A100, 2)], [Node("a", 8, 8, A100, 4, "cordoned"), Node("b", 8, 8)]));

    [Fact]
    public void Place_TooFewDevices_CountsThem() =>
        Refused(PlacementReasons.NotEnoughGpu, $"needs 6 devices of GPU class {A100}, free are 5", Placer.Place([Pods("train", 3, 1, 1, A100, 2)], [Node("a", 8, 8, A100, 4), Node("b", 8, 8, A100, 1), Node("c", 8, 8, L4, 8)]));

    [Theory]
    [InlineData(9, 1, 0, PlacementReasons.NotEnoughCpu, "needs 18 cores, free are 8")]
    [InlineData(1, 9, 0, PlacementReasons.NotEnoughMemory, "needs 18432 MiB of memory, free are 8192")]
    [InlineData(1, 1, 60, PlacementReasons.NotEnoughEphemeral, "needs 122880 MiB of scratch space, free are 102400")]
    public void Place_TooLittleInSum_SaysOfWhat(double cores, double gib, double scratch, string reason, string message)
    {
        var result = Placer.Place([Pods("web", 2, cores, gib, scratch: scratch)], [Node("a", 8, 8), Node("b", 64, 64, blocked: "cordoned")]);
        Refused(reason, message, result);
        Assert.EndsWith("; not counted: b (cordoned)", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Place_NodesFullOfPods_SaysSo() =>
        Refused(PlacementReasons.NotEnoughPods, "needs 2 pods, free are 1", Placer.Place([Small], [Node("a", 8, 8, pods: 1)]));

    [Fact]
    public void Place_FreeInSumOnly_NamesTheLargest()
    {
        Refused(PlacementReasons.Fragmented, "'web' needs 6 cores, 1024 MiB of memory, 0 MiB of scratch space on one node; largest free of any node: 4 cores", Placer.Place([Pods("web", 1, 6, 1)], [Node("a", 4, 8), Node("b", 3, 8)]));
        Refused(PlacementReasons.Fragmented, $"largest free of any node with GPU class {A100}: 8 cores, 8192 MiB of memory, 102400 MiB of scratch space, 2 devices", Placer.Place([Pods("train", 1, 1, 1, A100, 4)], [Node("a", 8, 8, A100, 2), Node("b", 8, 8, A100, 2), Node("c", 64, 64)]));
    }

    // Ten thousand pods of a millicore: as many as the nodes take pods, and no arrangement is looked for beyond a bound.
    [Fact]
    public void Place_TinyPodsInThousands_CostsBoundedSteps()
    {
        NodeSnapshot[] Nodes(int pods) => [.. Enumerable.Range(0, 1000).Select(i => Node($"n{i:d4}", 8, 8, pods: pods))];
        Refused(PlacementReasons.NotEnoughPods, "needs 10000 pods, free are 9000", Placer.Place([Pods("tiny", 10_000, 0.001, 0.001)], Nodes(9)));
        var placed = Packing.Find([Pods("tiny", 10_000, 0.001, 0.001)], Placer.UsableBins(Nodes(20)), out var few);
        Assert.Equal(10_000, placed!["tiny"].Count);
        // One look for each pod, and one round of all nodes for each that is full.
        Assert.InRange(few, 10_000, 10_000 + (501 * 1000));
        // The sums are there; one pod of each two fits nowhere beside the others.
        PodDemand[] odd = [Pods("tiny", 9_000, 0.001, 0.001), Pods("half", 1_001, 4.1, 0.001)];
        Assert.Null(Packing.Find(odd, Placer.UsableBins(Nodes(110)), out var many));
        Assert.InRange(many, 1, Packing.MaxLooks + 10_001);
        var refused = Placer.Place(odd, Nodes(110));
        Assert.Equal((PlacementReasons.Fragmented, true), (refused.Reason, refused.Message.Length > 0));
    }

    [Fact]
    public void Place_EachAloneButNotTogether_SaysSo() =>
        Refused(PlacementReasons.Fragmented, "no arrangement", Placer.Place([Pods("a", 3, 3, 1)], [Node("n1", 5, 8), Node("n2", 5, 8)]));

    [Fact]
    public void Place_PodWithoutDevices_LeavesDeviceNodesFree()
    {
        var result = Placer.Place([Small], [Node("a", 8, 8, A100, 4), Node("b", 64, 64)]);
        Assert.Equal(["b", "b"], result.Nodes["web"]);
    }

    [Fact]
    public void Place_ModelIsExact_NeverAnotherOne()
    {
        var result = Placer.Place([Pods("train", 2, 1, 1, L4, 1)], [Node("a", 64, 64, A100, 8), Node("b", 8, 8, L4, 2)]);
        Assert.Equal(["b", "b"], result.Nodes["train"]);
    }

    // The kubelet hands out any device of a resource name: where two models share one, neither is exact.
    [Fact]
    public void Place_TwoModelsUnderOneResource_SellsNeither()
    {
        var mixed = Node("a", 64, 64, A100, 8) with { GpuClasses = new Dictionary<string, string> { [A100] = "nvidia.com/gpu", [L4] = "nvidia.com/gpu" } };
        Refused(PlacementReasons.NoMatchingGpu, "this datacenter has: no GPU", Placer.Place([Pods("train", 1, 1, 1, A100, 1)], [mixed]));
    }

    [Fact]
    public void Place_OvercommittedNode_CountsAsFullNotAsDebt() =>
        Assert.True(Placer.Place([Pods("web", 1, 8, 1)], [Node("a", 8, 8), Node("b", -5, 8)]).Fits);

    private static void Refused(string reason, string message, PlacementResult result)
    {
        Assert.False(result.Fits);
        Assert.Empty(result.Nodes);
        Assert.Equal(reason, result.Reason);
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
    }
}
