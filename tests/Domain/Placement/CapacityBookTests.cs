using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Tests.Workloads;
using static Federation.Domain.Tests.Placement.Cluster;

namespace Federation.Domain.Tests.Placement;

public sealed class CapacityBookTests
{
    private const long GiB = 1L << 30;
    private static readonly NodeSnapshot[] Two = [Node("a", 8, 16, A100, 4), Node("b", 8, 16, A100, 4)];

    [Fact]
    public void Hold_TakesItsPlace_AndNothingElse()
    {
        var book = Draw(Two, holds: [Held("h", 4, 100)]);
        Assert.Equal("b", Assert.Single(book.Reserve(Gpus(4)).Shares).Node);
        Assert.Equal(PlacementReasons.Held, book.Reserve(Gpus(5)).Placement.Reason);
    }

    // What is promised to a lease is gone whether it runs pods or not, and is not gone twice when it does.
    [Fact]
    public void Lease_CountsByItsTerms_AndItsPodsOnlyOnce()
    {
        var idle = Draw(Two, [Claim(1, 4)]);
        NodeSnapshot[] used = [Two[0] with { Free = Two[0].Free with { CpuMilli = 6000, Extended = Devices(1) }, Total = Two[0].Free }, Two[1]];
        var running = Draw(used, [Claim(1, 4) with { Used = [new NodeUse("a", new NodeResources(2000, 0, 0, Devices(3)))] }]);
        Assert.Equal((8, 0, 4, 4), Counts(idle));
        Assert.Equal((8, 0, 4, 4), Counts(running));
    }

    // Quotes, bids, looks at leases and the status of the datacenter ask the same drawing, each on a thread of its own.
    [Fact]
    public void Book_IsAskedByManyAtOnce_AndNeitherTellsNorKeepsWhatOnlyOneTried()
    {
        var book = Draw(Two, [Claim(1, 3)]);
        var (before, wrong) = (Counts(book), 0);
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (!book.Reserve(Gpus((ushort)(1 + (i % 4)))).Placement.Fits || book.Reserve(Gpus(6)).Placement.Fits || Counts(book) != before) Interlocked.Increment(ref wrong);
        });
        Assert.Equal((before, 0), (Counts(book), wrong));
    }

    [Fact]
    public void Lease_WithMorePodsThanItsTerms_OwesNothingMore() =>
        Assert.Equal(8, Draw(Two, [Claim(1, 2) with { Used = [new NodeUse("b", new NodeResources(9000, 99 * GiB, 0, Devices(3)))] }]).Classes()[^1].Free);

    [Fact]
    public void Pods_OnANodeThatIsGone_LeaveTheLeaseItsRight() =>
        Assert.Equal(4, Draw(Two, [Claim(1, 4) with { Used = [new NodeUse("gone", new NodeResources(1000, GiB, 0, Devices(4)))] }]).Classes()[^1].Free);

    [Fact]
    public void Promise_StaysOnItsNode()
    {
        var book = Draw(Two, [Claim(1, 3) with { Bound = [new NodeShare("b", 3000, 3 * GiB, A100, 3)] }]);
        Assert.Equal("a", Assert.Single(book.Reserve(Gpus(2)).Shares).Node);
    }

    [Fact]
    public void Promise_OnALostNode_MovesToWhatIsFree()
    {
        var book = Draw([Node("c", 8, 16, A100, 4)], [Claim(1, 3) with { Bound = [new NodeShare("b", 3000, 3 * GiB, A100, 3)] }]);
        Assert.True(book.Find(Id(1))!.Fits);
        Assert.Equal(1, book.Classes()[^1].Free);
    }

    // The other model is never a stand-in, however much of it is free.
    [Fact]
    public void Promise_OnALostNode_NeverMovesToAnotherModel()
    {
        var book = Draw([Node("c", 64, 64, L4, 8)], [Claim(1, 3) with { IsRunning = false, Bound = [new NodeShare("b", 3000, 3 * GiB, A100, 3)] }]);
        Assert.Equal(PlacementReasons.NoMatchingGpu, book.Find(Id(1))!.Reason);
        Assert.Equal(8, book.Classes().Single(c => c.Class == L4).Free);
    }

    [Fact]
    public void ReservedLease_ThatDoesNotFit_IsRefused_AndUntilThenNothingIsSoldFromUnderIt()
    {
        var book = Draw(Two, [Claim(1, 7), Claim(2, 4) with { IsRunning = false }]);
        Assert.True(book.Find(Id(1))!.Fits);
        Assert.Equal(PlacementReasons.NotEnoughGpu, book.Find(Id(2))!.Reason);
        Assert.Equal(0, book.Classes()[^1].Free);
        Assert.Null(book.Find(Id(3)));
    }

    // What runs and lost its node waits for it; what is left of the class is not sold away from under it.
    [Fact]
    public void RunningLease_ThatLostItsNode_IsOwedWhatThereIs() =>
        Assert.Equal(PlacementReasons.NotEnoughGpu, Draw([Two[0], Node("b", 8, 16, A100, 4, "is not ready")], [Claim(1, 4), Claim(2, 4)]).Reserve(Gpus(1)).Placement.Reason);

    [Theory]
    [InlineData(1, "")]
    [InlineData(3, PlacementReasons.Held)]
    [InlineData(5, PlacementReasons.NodesBlocked)]
    [InlineData(9, PlacementReasons.NotEnoughGpu)]
    [InlineData(13, PlacementReasons.ExceedsDatacenter)]
    public void Reasons_TellWhatPassesFromWhatNeverDoes(ushort gpus, string reason)
    {
        // 12 in all: of 8 on open nodes 4 are leased and 3 held, 4 more are cordoned.
        var book = Draw([.. Two, Node("c", 32, 64, A100, 4, "is cordoned")], [Claim(1, 4)], [Held("h", 3, 100)]);
        Assert.Equal(reason, book.Reserve(Gpus(gpus)).Placement.Reason);
    }

    [Fact]
    public void Held_SaysWhenEnoughOfItMayBeFree()
    {
        var book = Draw(Two, holds: [Held("late", 4, 1_900_000_300), Held("soon", 2, 1_900_000_000), Held("next", 2, 1_900_000_060)]);
        Assert.Contains("free after 2030-03-17T17:47:40Z", book.Reserve(Gpus(3)).Placement.Message, StringComparison.Ordinal);
        Assert.Contains("free after 2030-03-17T17:46:40Z", book.Reserve(Gpus(1)).Placement.Message, StringComparison.Ordinal);
    }

    // A reorg may bring back the larger terms: what they have is sold to nobody else until it cannot.
    [Fact]
    public void ShrunkLease_KeepsWhatItMayGetBack_AndNoMore()
    {
        NodeShare[] bound = [new NodeShare("b", 3000, 3 * GiB, A100, 3)];
        var shrunk = Claim(1, 1) with { Bound = bound, Earlier = [Gpus(3), Gpus(2)] };
        Assert.Equal(5, Draw(Two, [shrunk]).Classes()[^1].Free);
        Assert.Equal("a", Assert.Single(Draw(Two, [shrunk]).Reserve(Gpus(4)).Shares).Node);
        Assert.False(Draw(Two, [shrunk]).Reserve(Gpus(6)).Placement.Fits);
        // Its pods are as large as before still.
        NodeSnapshot[] used = [Two[0], Two[1] with { Free = Two[1].Free with { CpuMilli = 5000, Extended = Devices(1) }, Total = Two[1].Free }];
        Assert.Equal(5, Draw(used, [shrunk with { Used = [new NodeUse("b", new NodeResources(3000, 0, 0, Devices(3)))] }]).Classes()[^1].Free);
        Assert.Equal(6, Draw(Two, [Claim(1, 2) with { Earlier = [Gpus(1)] }]).Classes()[^1].Free);
        Assert.True(Draw(Two, [shrunk]).FindAmended(Id(1))!.Fits);
    }

    [Fact]
    public void ShrunkLease_NeverHoldsUpAnother() =>
        Assert.True(Draw([Two[0]], [Claim(1, 1) with { Earlier = [Gpus(4)] }, Claim(2, 3) with { IsRunning = false }]).Find(Id(2))!.Fits);

    [Fact]
    public void Classes_SumUp()
    {
        var classes = Draw([.. Two, Node("c", 8, 16, blocked: "is cordoned")], [Claim(1, 2)], [Held("h", 1, 100)]).Classes();
        Assert.Equal(new ClassCapacity("cpu", 16_000, 1000, 2000, 13_000), classes[0]);
        Assert.Equal(new ClassCapacity("memory", 32 * GiB, GiB, 2 * GiB, 29 * GiB), classes[1]);
        Assert.Equal(new ClassCapacity("storage", 200 * GiB, 0, 0, 200 * GiB), classes[2]);
        Assert.Equal(new ClassCapacity(A100, 8, 1, 2, 5), classes[3]);
    }

    // What quotes and leases have does not count: the share is of what there is.
    [Fact]
    public void Bids_HoldAPartOfEachClassAtMost()
    {
        var book = Draw(Two, [Claim(1, 2)], [Held("q", 2, 100), Held("b", 1, 100) with { IsBid = true }]);
        Assert.Null(book.RefuseBid(Gpus(3), 50));
        var refused = book.RefuseBid(Gpus(4), 50)!;
        Assert.Equal((PlacementReasons.BidShareExceeded, true), (refused.Reason, refused.Message.Contains($"5 of 8 of {A100}", StringComparison.Ordinal)));
        Assert.Equal(PlacementReasons.BidShareExceeded, Draw([]).RefuseBid(Gpus(1), 100)!.Reason);
        // A class that the bid does not want is none of its business.
        Assert.Null(Draw(Two, holds: [Held("b", 4, 100) with { IsBid = true }]).RefuseBid(Gpus(0) with { CpuMilli = 10, MemoryMiB = 10 }, 30));
    }

    [Fact]
    public void Reserve_ChangesNothing()
    {
        var book = Draw(Two);
        Assert.Equal(book.Reserve(Gpus(8)).Shares, book.Reserve(Gpus(8)).Shares);
        Assert.Equal(2, book.Reserve(Gpus(8)).Shares.Count);
    }

    private static (long, long, long, long) Counts(CapacityBook book) => book.Classes()[^1] is var c ? (c.Allocatable, c.Held, c.Leased, c.Free) : default;

    private static CapacityBook Draw(NodeSnapshot[] nodes, LeaseClaim[]? leases = null, Hold[]? holds = null) =>
        CapacityBook.Draw(new CapacityInput(nodes, leases ?? [], holds ?? [], ClassOf));

    private static LeaseClaim Claim(int number, ushort gpus) => new(Id(number), Gpus(gpus), true, [], []);

    private static Hold Held(string id, ushort gpus, long expires) => new(id, id, "0xt", Gpus(gpus), [], expires, []);

    private static Resources Gpus(ushort gpus) => new(gpus * 1000u, gpus * 1024u, 0, 0, new GpuCount(WorkloadDemandTests.Hash(A100), gpus), GpuCount.None);

    private static Dictionary<string, long> Devices(long count) => new() { ["nvidia.com/gpu"] = count };

    private static LeaseId Id(int number) => LeaseId.Parse($"0x{number:x64}");

    private static string? ClassOf(string hash) => new[] { A100, L4 }.FirstOrDefault(c => WorkloadDemandTests.Hash(c) == hash);
}
