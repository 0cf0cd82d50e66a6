using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Placement;

/// <summary>Storage is promised once: to leases, to quotes and bids, to amendments, and to volumes that are kept.</summary>
public sealed class StorageTests
{
    private const long GiB = 1024;

    [Fact]
    public void EverybodyWhoHasSome_CountsOnce()
    {
        var book = Draw(1000, [Lease(1, 300), Lease(2, 100) with { VolumesMiB = 150 }, Lease(3, 50) with { Earlier = [Of(80)] }], [Held("a", 200, 60)], kept: 70);
        Assert.Equal(new ClassCapacity("storage", 1000 << 20, 200 << 20, 600 << 20, 200 << 20), Storage(book));
        Assert.True(book.Reserve(Of(200)).Placement.Fits);
        Assert.Equal((PlacementReasons.Held, "needs 201 MiB of storage, free are 200: quotes of others hold the rest; unless they are matched it is free after 1970-01-01T00:01:00Z"), Why(book, 201));
        Assert.Equal((PlacementReasons.NotEnoughStorage, "needs 401 MiB of storage, free are 200 of 1000 (named by its administrator)"), Why(book, 401));
        Assert.Equal(PlacementReasons.ExceedsDatacenter, Why(book, 1001).Reason);
        Assert.True(book.Reserve(Of(0)).Placement.Fits);
    }

    [Fact]
    public void NothingNamed_IsWhatTheNodesHave_LessWhatOthersUseOfIt()
    {
        NodeSnapshot[] nodes = [Node("a", 100, free: 60), Node("b", 50, free: 50), Node("c", 1000, free: 1000) with { Blocked = "is cordoned" }];
        // Of the 40 GiB that are used of the first one, 30 are a lease's own.
        var lease = Lease(1, 50 * GiB) with { Used = [new NodeUse("a", new NodeResources(100, 100, 30L << 30, new Dictionary<string, long>()))] };
        var book = Draw(null, [lease], nodes: nodes);
        Assert.Equal(new ClassCapacity("storage", 150L << 30, 0, 50L << 30, 90L << 30), Storage(book));
        Assert.True(book.Reserve(Of(90 * GiB)).Placement.Fits);
        var (reason, message) = Why(book, (90 * GiB) + 1);
        Assert.Equal(PlacementReasons.NotEnoughStorage, reason);
        Assert.Contains("spec.storageMiB", message, StringComparison.Ordinal);
    }

    // It is counted as free once its claim is gone, and is not; what is worse comes first, and who sells none has none to keep.
    [Theory]
    [InlineData(1000L, 0L, ConditionStatus.False, "VolumesRetained")]
    [InlineData(null, 0L, ConditionStatus.False, "VolumesRetained")]
    [InlineData(1000L, 1001L, ConditionStatus.False, "StorageExceeded")]
    [InlineData(0L, 0L, ConditionStatus.True, "Named")]
    public void ClassThatKeepsVolumes_IsSaid(long? named, long leased, ConditionStatus status, string reason)
    {
        var said = StorageRules.Judge(named, new ClassCapacity(ClassCapacity.Storage, (named ?? 1000) << 20, 0, leased << 20, 0), "kept");
        Assert.Equal((status, reason), (said.Status, said.Reason));
        Assert.Equal(reason == "VolumesRetained", said.Message.Contains("StorageClass kept ", StringComparison.Ordinal));
    }

    // A cordon passes: what runs behind it is on its own disk, and a lease that was matched for another node keeps its place.
    [Fact]
    public void NothingNamed_WhatRunsOnABlockedNode_LessensNothingElsewhere()
    {
        NodeSnapshot[] open = [Node("a", 100, free: 10), Node("b", 60, free: 60)];
        NodeSnapshot[] cordoned = [open[0] with { Blocked = "is cordoned" }, open[1]];
        LeaseClaim[] leases = [Lease(1, 90 * GiB) with { Used = [Scratch("a", 90)] }, Lease(2, 40 * GiB) with { IsRunning = false }];
        Assert.Equal(new ClassCapacity("storage", 160L << 30, 0, 130L << 30, 30L << 30), Storage(Draw(null, leases, nodes: open)));
        var book = Draw(null, leases, nodes: cordoned);
        Assert.True(book.Find(leases[1].Id)!.Fits);
        Assert.Equal(new ClassCapacity("storage", 60L << 30, 0, 40L << 30, 20L << 30), Storage(book));
        Assert.Equal(ConditionStatus.True, StorageRules.Judge(null, Storage(book)).Status);
        Assert.True(book.Reserve(Of(20 * GiB)).Placement.Fits);
        // It is there, so asking again may help.
        Assert.Equal(PlacementReasons.NotEnoughStorage, Why(book, 70 * GiB).Reason);
        Assert.Equal(PlacementReasons.ExceedsDatacenter, Why(book, 161 * GiB).Reason);
        // What it has not taken of its storage has to come from somewhere: for new ones there is less, and nobody is refunded for that.
        leases[0] = leases[0] with { Used = [Scratch("a", 50)] };
        book = Draw(null, leases, nodes: [cordoned[0] with { Free = Node("a", 100, free: 50).Free }, cordoned[1]]);
        Assert.True(book.Find(leases[1].Id)!.Fits);
        Assert.Equal(0, Storage(book).Free);
        // Its node says that it has less than what runs on it: what would be refused once it is matched is not promised.
        leases[0] = Lease(1, 130 * GiB) with { Used = [Scratch("a", 130)] };
        Assert.Equal(30L << 30, Storage(Draw(null, [leases[0]], nodes: [Node("a", 100, free: 0) with { Blocked = "is cordoned" }, open[1]])).Free);
        // What others have of a blocked node's disk is no lease's.
        Assert.False(Draw(null, [leases[1]], nodes: [Node("a", 100, free: 5) with { Blocked = "is cordoned" }, Node("b", 60, free: 30)]).Find(leases[1].Id)!.Fits);
    }

    // A restart, and nobody has read yet, or can read, what the administrator named: nobody can be refused over it, or be sold any.
    [Fact]
    public void BudgetThatNobodyHasRead_PromisesNone_AndRefusesNoLease()
    {
        NodeSnapshot[] nodes = [Node("a", 1, free: 1)];
        var input = new CapacityInput(nodes, [Lease(1, 50 * GiB) with { IsRunning = false }, Lease(2, 0) with { IsRunning = false }, Lease(3, 70 * GiB)], [], _ => null);
        Assert.False(CapacityBook.Draw(input).Find(Some.LeaseId(1))!.Fits);
        var book = CapacityBook.Draw(input with { IsStorageRead = false });
        Assert.True(book.Find(Some.LeaseId(1))!.Fits);
        Assert.True(book.Find(Some.LeaseId(2))!.Fits);
        Assert.True(book.FindAmended(Some.LeaseId(3))!.Fits);
        Assert.Equal(PlacementReasons.StorageUnknown, Why(book, 1).Reason);
        Assert.Contains("Datacenter", Why(book, 1).Message, StringComparison.Ordinal);
        Assert.Equal(PlacementReasons.StorageUnknown, book.Resize(Some.LeaseId(3), Of(71 * GiB)).Placement.Reason);
        Assert.True(book.Resize(Some.LeaseId(3), Of(70 * GiB)).Placement.Fits);
        Assert.True(book.Reserve(Of(0)).Placement.Fits);
        Assert.Equal(0, Storage(book).Free);
        // Whether it has a place on the nodes depends on the same object.
        Assert.Null(CapacityBook.Draw(input with { IsStorageRead = false, Nodes = [] }).Find(Some.LeaseId(2)));
    }

    [Fact]
    public void NobodyKnowsHowMuchThereIs_NoneIsPromised()
    {
        var book = Draw(null, nodes: [Node("a", 0, 0)]);
        Assert.Equal(PlacementReasons.StorageUnknown, Why(book, 1).Reason);
        Assert.True(book.Reserve(Of(0)).Placement.Fits);
        // None is something that can be named.
        Assert.Equal(PlacementReasons.ExceedsDatacenter, Why(Draw(0), 1).Reason);
    }

    // What was lowered breaks no promise that cannot be taken back; what can be is refunded now.
    [Fact]
    public void TooLittleForAll_IsOfThoseThatRun_AndOfQuotes_First()
    {
        var book = Draw(500, [Lease(1, 200) with { IsRunning = false }, Lease(2, 250), Lease(3, 100) with { IsRunning = false }], [Held("a", 100, 60)]);
        Assert.True(book.Find(Some.LeaseId(2))!.Fits);
        var refused = book.Find(Some.LeaseId(1))!;
        Assert.Equal((PlacementReasons.NotEnoughStorage, "needs 200 MiB of storage, free are 150 of 500 (named by its administrator)"), (refused.Reason, refused.Message));
        Assert.True(book.Find(Some.LeaseId(3))!.Fits);
        Assert.Equal(0, Storage(book).Free);
        Assert.Null(book.Find(Some.LeaseId(4)));
    }

    [Fact]
    public void Amendment_HoldsWhatIsMore_AsMuchAsTheLargestOpenOne()
    {
        var lease = Lease(1, 300) with { Earlier = [Of(400)] };
        var found = Draw(1000, [lease]).Resize(lease.Id, Of(700));
        Assert.Equal(400u, found.Held.StorageMiB);
        var open = Held("x", 400, 60) with { Amends = new AmendedLease(lease.Id, 0) };
        // 400 of before, 400 held: what a reorg brings back is not there to grow into.
        var book = Draw(1000, [lease], [open]);
        Assert.Equal(200L << 20, Storage(book).Free);
        Assert.Equal(400u, book.Resize(lease.Id, Of(350)).Held.StorageMiB);
        Assert.Equal(600u, book.Resize(lease.Id, Of(900)).Held.StorageMiB);
        Assert.Equal(PlacementReasons.NotEnoughStorage, book.Resize(lease.Id, Of(901)).Placement.Reason);
        Assert.Equal(Resources.None, Draw(1000, [lease]).Resize(lease.Id, Of(200)).Held);
    }

    [Fact]
    public void Bids_HoldAPartOfIt()
    {
        var book = Draw(1000, holds: [Held("b", 200, 60) with { IsBid = true }]);
        Assert.Null(book.RefuseBid(Of(300), 50));
        Assert.Equal(PlacementReasons.BidShareExceeded, book.RefuseBid(Of(301), 50)!.Reason);
    }

    // A quarter of the node's CPU: a quarter of its scratch space, no more than it reserves, is nobody else's.
    [Fact]
    public void ScratchSpace_ComesWithTheCpu_AsFarAsItIsReserved()
    {
        NodeSnapshot[] nodes = [Node("a", 100, free: 100)];
        var quarter = new Resources(16_000, 1024, (uint)(90 * GiB), 0, GpuCount.None, GpuCount.None);
        LeaseClaim[] two = [Claim(1, quarter), Claim(2, quarter with { StorageMiB = (uint)(10 * GiB) })];
        // Of the 100 one has 25 and one 10: 65 are left, and to each its own beside them.
        Assert.True(Place(two, 1, 90).Fits);
        Assert.False(Place(two, 1, 91).Fits);
        Assert.True(Place(two, 2, 75).Fits);
        Assert.Equal(PlacementReasons.NotEnoughEphemeral, Place(two, 2, 76).Reason);
        // What is in volumes is no scratch space.
        Assert.True(Place([two[0] with { VolumesMiB = 85 * GiB }, two[1]], 2, 95).Fits);

        PlacementResult Place(LeaseClaim[] leases, int lease, int gib) =>
            Draw(1000 * GiB, leases, nodes: nodes).Place(Some.LeaseId(lease), [new PodDemand("a", 1, 100, 1024, (long)gib << 30, null, 0)], instead: false).Placement;
    }

    // Signed for less, with the hash of a workload that never comes: what runs goes on with its scratch space until it was stopped.
    [Fact]
    public void ScratchSpaceInUse_BeyondTheTerms_Counts_AndIsTold()
    {
        NodeSnapshot[] nodes = [Node("a", 500, free: 0)];
        var shrunk = Lease(1, 1) with { Used = [Scratch("a", 500), Scratch("gone", 70)] };
        var book = Draw(1000 * GiB, [shrunk], nodes: nodes);
        Assert.Equal(new ClassCapacity("storage", 1000L << 30, 0, 500L << 30, 500L << 30), Storage(book));
        Assert.False(book.Reserve(Of((500 * GiB) + 1)).Placement.Fits);
        var told = book.FindAmended(shrunk.Id)!;
        Assert.Equal((PlacementReasons.LargerThanLeased, "its pods take 512000 MiB of storage with its volumes, the lease reserves 1"), (told.Reason, told.Message));
        // Volumes are beside it, and alone they are nothing that stopping would give back.
        book = Draw(1000 * GiB, [shrunk with { VolumesMiB = 100 * GiB }], nodes: nodes);
        Assert.Equal(400L << 30, Storage(book).Free);
        Assert.True(Draw(1000 * GiB, [Lease(1, 1) with { VolumesMiB = 100 * GiB }], nodes: nodes).FindAmended(shrunk.Id)!.Fits);
        Assert.True(Draw(1000 * GiB, [shrunk with { Resources = Of(500 * GiB) }], nodes: nodes).FindAmended(shrunk.Id)!.Fits);
        Assert.False(Draw(1000 * GiB, [shrunk with { Resources = Of(500 * GiB), VolumesMiB = 1 }], nodes: nodes).FindAmended(shrunk.Id)!.Fits);
    }

    private static (string Reason, string Message) Why(CapacityBook book, long mib) => book.Reserve(Of(mib)).Placement is var why ? (why.Reason, why.Message) : default;

    private static ClassCapacity Storage(CapacityBook book) => book.Classes().Single(c => c.Class == ClassCapacity.Storage);

    private static CapacityBook Draw(long? named, LeaseClaim[]? leases = null, Hold[]? holds = null, NodeSnapshot[]? nodes = null, long kept = 0) =>
        CapacityBook.Draw(new CapacityInput(nodes ?? [Some.Node()], leases ?? [], holds ?? [], _ => null) { StorageMiB = named, KeptMiB = kept });

    private static LeaseClaim Lease(int number, long mib) => Claim(number, Of(mib));

    private static LeaseClaim Claim(int number, Resources resources) => new(Some.LeaseId(number), resources, IsRunning: true, [], []);

    private static Hold Held(string id, long mib, long expires) => new(id, id, "0xt", Of(mib), [], expires, []);

    private static NodeUse Scratch(string node, long gib) => new(node, new NodeResources(0, 0, gib << 30, new Dictionary<string, long>()));

    private static Resources Of(long mib) => new(100, 64, (uint)mib, 0, GpuCount.None, GpuCount.None);

    private static NodeSnapshot Node(string name, long gib, long free) => Some.Node(name, 0) is var node
        ? node with { Total = node.Free with { EphemeralBytes = gib << 30 }, Free = node.Free with { EphemeralBytes = free << 30 } }
        : node;
}
