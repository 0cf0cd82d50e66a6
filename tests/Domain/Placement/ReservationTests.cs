using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Tests.Workloads;
using FsCheck;
using FsCheck.Fluent;
using static Federation.Domain.Tests.Placement.Cluster;

namespace Federation.Domain.Tests.Placement;

public sealed class ReservationTests
{
    private static readonly Resources CpuOnly = new(6000, 6 * 1024, 1 << 20, 0, GpuCount.None, GpuCount.None);

    [Fact]
    public void PlaceReservation_OnOneNode_NamesIt()
    {
        var result = Placer.PlaceReservation(CpuOnly, ClassOf, [Node("a", 4, 8), Node("b", 8, 8)]);
        Assert.Equal(["b"], result.Nodes[Placer.Reservation]);
    }

    [Fact]
    public void PlaceReservation_OnManyNodes_FitsInSum()
    {
        var result = Placer.PlaceReservation(CpuOnly, ClassOf, [Node("a", 4, 4), Node("b", 4, 4), Node("c", 1, 1)]);
        Assert.True(result.Fits, result.Message);
        Assert.Equal(["a", "b"], result.Nodes[Placer.Reservation]);
    }

    [Theory]
    [InlineData(4, 4, 4, "NodesBlocked")]
    [InlineData(4, 4, 1, "ExceedsDatacenter")]
    [InlineData(6, 2, 4, "NodesBlocked")]
    public void PlaceReservation_NotInSum_SaysWhat(double cores, double gib, double cordoned, string reason) =>
        Assert.Equal(reason, Placer.PlaceReservation(CpuOnly, ClassOf, [Node("a", cores, gib), Node("b", cordoned, 8, blocked: "cordoned")]).Reason);

    [Fact]
    public void PlaceReservation_TwoClasses_OneChunkEach()
    {
        var reserved = CpuOnly with { GpuA = Gpu(A100, 2), GpuB = Gpu(L4, 1) };
        var result = Placer.PlaceReservation(reserved, ClassOf, [Node("a", 4, 4, A100, 2), Node("b", 2, 2, L4, 1)]);
        Assert.True(result.Fits, result.Message);
        Assert.Equal([["a"], ["b"]], result.Nodes.OrderBy(n => n.Key).Select(n => n.Value));
    }

    [Fact]
    public void PlaceReservation_DevicesOverNodes_FitInSum()
    {
        var result = Placer.PlaceReservation(CpuOnly with { GpuB = Gpu(A100, 3) }, ClassOf, [Node("a", 4, 4, A100, 2), Node("b", 4, 4, A100, 1), Node("c", 64, 64)]);
        Assert.True(result.Fits, result.Message);
        Assert.Equal(["a", "b"], result.Nodes.Single().Value);
    }

    [Fact]
    public void PlaceReservation_TooFewDevices_IsRefused() =>
        Assert.Equal(PlacementReasons.ExceedsDatacenter, Placer.PlaceReservation(CpuOnly with { GpuA = Gpu(A100, 3) }, ClassOf, [Node("a", 8, 8, A100, 2), Node("b", 8, 8, L4, 8)]).Reason);

    [Fact]
    public void PlaceReservation_UnknownHash_NamesItAndWhatIsThere()
    {
        var result = Placer.PlaceReservation(CpuOnly with { GpuA = new GpuCount("0xabc", 1) }, ClassOf, [Node("a", 8, 8, A100, 2)]);
        Assert.Equal(PlacementReasons.NoMatchingGpu, result.Reason);
        Assert.Contains("0xabc", result.Message, StringComparison.Ordinal);
        Assert.Contains(A100, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PlaceReservation_MaximalAmounts_AreRefusedWithoutOverflow()
    {
        var all = new Resources(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, Gpu(A100, ushort.MaxValue), Gpu(L4, ushort.MaxValue));
        Assert.Equal(PlacementReasons.ExceedsDatacenter, Placer.PlaceReservation(all, ClassOf, [Node("a", 8, 8, A100, 2), Node("b", 8, 8, L4, 2)]).Reason);
        var room = Node("a", 1e9, 1e7, A100, 100_000);
        Assert.True(Placer.PlaceReservation(all with { GpuB = GpuCount.None }, ClassOf, [room]).Fits);
    }

    // A workload that is placed within its reservation was within what the reservation was granted on.
    [Fact]
    public void PlaceReservation_OfPodsThatFit_Fits() => Prop.ForAll(Small().ToArbitrary(), c =>
        !Placer.Place(c.Demands, c.Nodes).Fits || Placer.PlaceReservation(Sum(c.Demands), ClassOf, c.Nodes).Fits).QuickCheckThrowOnFailure();

    private static Resources Sum(PodDemand[] demands) => new(
        (uint)demands.Sum(d => d.CpuMilli * d.Replicas),
        (uint)(demands.Sum(d => d.MemoryBytes * d.Replicas) >> 20),
        0,
        0,
        Gpu(A100, (ushort)demands.Where(d => d.GpuClass == A100).Sum(d => d.GpuCount * d.Replicas)),
        Gpu(L4, (ushort)demands.Where(d => d.GpuClass == L4).Sum(d => d.GpuCount * d.Replicas)));

    private static GpuCount Gpu(string gpuClass, ushort count) => new(WorkloadDemandTests.Hash(gpuClass), count);

    private static string? ClassOf(string hash) => new[] { A100, L4 }.FirstOrDefault(c => WorkloadDemandTests.Hash(c) == hash);
}
