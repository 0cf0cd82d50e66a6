using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Holding;

public sealed class HeldAmendmentsTests
{
    private readonly Site site = new();

    [Fact]
    public async Task Amendment_HoldsWhatTheLeaseGetsMore_AndNoMore()
    {
        var lease = Running(2);
        site.SeeChain(0, lease);
        Assert.Equal("", (await site.AmendAsync(lease, 6)).Reason);
        var hold = Assert.Single(site.Holds.Stored);
        Assert.Equal((4, new AmendedLease(lease.Id, 0)), (hold.Resources.GpuA.Count, hold.Amends));
        Assert.Equal(2, await FreeAsync());
        Assert.Equal(PlacementReasons.Held, (await site.QuoteAsync(site.Request(2, 3))).Reason);
        Assert.Equal("", (await site.QuoteAsync(site.Request(3, 2))).Reason);
    }

    [Fact]
    public async Task WhatTheLeaseUses_IsFreeForItself()
    {
        site.Cluster.Nodes = [Some.Node("node-a", 8) with { Total = Some.Node("node-a", 8).Free, Free = Some.Node("node-a", 6).Free }];
        var lease = Running(2);
        Use(lease, 2);
        site.SeeChain(0, lease);
        Assert.Equal("", (await site.AmendAsync(lease, 8)).Reason);
        Assert.Equal((6, 0L), (Assert.Single(site.Holds.Stored).Resources.GpuA.Count, await FreeAsync()));
    }

    [Fact]
    public async Task MoreThanTheDatacenterHas_IsRefused_AndHoldsNothing()
    {
        var lease = Running(2);
        site.SeeChain(0, lease);
        Assert.Equal(PlacementReasons.ExceedsDatacenter, (await site.AmendAsync(lease, 9)).Reason);
        await site.QuoteAsync(site.Request(2, 4, "0xother"));
        Assert.Equal(PlacementReasons.Held, (await site.AmendAsync(lease, 5)).Reason);
        Assert.Single(site.Holds.Stored);
    }

    [Fact]
    public async Task SmallerLease_NeedsNoHold()
    {
        var lease = Running(4);
        site.SeeChain(0, lease);
        Assert.NotNull((await site.AmendAsync(lease, 2)).Amendment);
        Assert.Equal(0, site.Holds.Writes);
    }

    [Fact]
    public async Task AskedForAgain_IsHeldOnce_ForTheLargest_AndRarelyWritten()
    {
        var lease = Running(1);
        site.SeeChain(0, lease);
        foreach (var size in new[] { 3, 6, 2, 6 }) Assert.NotNull((await site.AmendAsync(lease, size)).Amendment);
        Assert.Equal((5, 2), (Assert.Single(site.Holds.Stored).Resources.GpuA.Count, site.Holds.Writes));
    }

    [Fact]
    public async Task Hold_EndsWithTheChainPastIt_AndSurvivesARestartUntilThen()
    {
        var lease = Running(2);
        site.SeeChain(0, lease);
        await site.AmendAsync(lease, 8);
        site.Clock.Advance(TimeSpan.FromSeconds(80));
        site.Restart();
        site.SeeChain(behind: 30, lease);
        Assert.Equal(0, await FreeAsync());
        site.SeeChain(0, lease);
        Assert.Equal(6, await FreeAsync());
        await site.Reporter.PassAsync(default);
        Assert.Empty(site.Holds.Stored);
    }

    // Confirmed, the terms are the lease's in the same moment as the hold ends; its place goes into the object before the hold goes.
    [Fact]
    public async Task ConfirmedAmendment_MovesFromHoldToLease_Once()
    {
        site.Cluster.Nodes = [Some.Node("node-a", 4), Some.Node("node-b", 4)];
        var lease = Running(2);
        await site.Cluster.EnsureAsync(new Application.Ports.MatchedLease(lease.Id, lease.Terms, 1), default);
        site.SeeChain(0, lease);
        var amendment = (await site.AmendAsync(lease, 4)).Amendment!;
        var shares = Assert.Single(site.Holds.Stored).Shares;
        var amended = lease with { Terms = amendment.Terms.New, Confirmed = lease.Confirmed with { Amendments = 1 } };

        site.SeeChain(0, amended);
        Assert.Equal(4, await FreeAsync());
        await site.Reporter.PassAsync(default);
        Assert.Equal(shares, Assert.Single(site.Holds.Stored).Shares);
        await site.Cluster.EnsureAsync(new Application.Ports.MatchedLease(lease.Id, amended.Terms, 1), default);
        Assert.Equal(shares, site.Cluster.Spaces[lease.Id].Reserved);
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        site.SeeChain(0, amended);
        await site.Reporter.PassAsync(default);
        Assert.Empty(site.Holds.Stored);
        site.Restart();
        site.SeeChain(0, amended);
        Assert.Equal(4, await FreeAsync());
        Assert.True((await site.Capacities.FindAmendedAsync(lease.Id, default))!.Fits);
    }

    // The place of before is free once no reorg can take the amendment away: else two would have a right to it.
    [Fact]
    public async Task ShrunkLease_FreesItsPlace_OnceTheAmendmentIsFinal()
    {
        var lease = Running(6);
        var shrunk = lease with { Terms = lease.Terms with { Resources = site.Request(0, 2).Resources }, Confirmed = lease.Confirmed with { Amendments = 1 }, Earlier = [lease.Terms] };
        site.SeeChain(0, shrunk);
        Assert.Equal(2, await FreeAsync());
        Assert.NotEqual("", (await site.QuoteAsync(site.Request(2, 3))).Reason);
        // What it may get back is not its own to grow into either: it goes when the amendment is final, and the larger one may come after.
        Assert.NotEqual("", (await site.AmendAsync(shrunk, 5, nonce: 1)).Reason);
        Assert.True((await site.Capacities.FindAmendedAsync(lease.Id, default))!.Fits);
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        site.SeeChain(0, shrunk with { Earlier = [] });
        Assert.Equal(6, await FreeAsync());
        Assert.Equal("", (await site.QuoteAsync(site.Request(3, 3))).Reason);
    }

    // It costs a tenant one transaction a minute: its size is final, and only its hash is not.
    [Fact]
    public async Task ShrunkLease_WhoseTenantGoesOnChangingItsHash_KeepsNoPlaceByThat()
    {
        var lease = Running(6);
        var final = lease.Confirmed with { Amendments = 1 };
        var shrunk = lease with { Terms = lease.Terms with { Resources = site.Request(0, 2).Resources }, Confirmed = final, Finalized = final with { TermsMatch = false }, Earlier = [lease.Terms] };
        site.SeeChain(0, shrunk);
        Assert.Equal(6, await FreeAsync());
    }

    // Signed with other keys, or after a node was lost: it gets what there is, and nobody else loses anything.
    [Fact]
    public async Task AmendedTermsWithoutAPlace_AreTold_AndTakeNothingFromOthers()
    {
        var (lease, other) = (Running(2), Running(4, number: 2));
        var amended = lease with { Terms = lease.Terms with { Resources = site.Request(0, 6).Resources }, Confirmed = lease.Confirmed with { Amendments = 1 } };
        site.SeeChain(0, lease, other);
        Assert.Equal(2, await FreeAsync());
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        site.SeeChain(0, amended, other);
        Assert.Equal(PlacementReasons.NotEnoughGpu, (await site.Capacities.FindAmendedAsync(lease.Id, default))!.Reason);
        Assert.True((await site.Capacities.FindAmendedAsync(other.Id, default))!.Fits);
        Assert.Equal(0, await FreeAsync());
    }

    [Fact]
    public async Task PodsLargerThanTheirLease_AreTold()
    {
        var lease = Running(2);
        Use(lease, 4);
        site.SeeChain(0, lease);
        Assert.Equal(PlacementReasons.LargerThanLeased, (await site.Capacities.FindAmendedAsync(lease.Id, default))!.Reason);
    }

    // The lease has no storage any more, its pods have: nobody is sold what they take, and they are told.
    [Fact]
    public async Task ScratchSpaceOfPods_LargerThanTheirLease_IsTold_AndIsNotSoldAgain()
    {
        var datacenter = site.Cluster.Datacenter!;
        site.Cluster.Datacenter = datacenter with { Spec = datacenter.Spec with { StorageMiB = Site.StorageMiB } };
        var lease = Running(2, number: 5);
        site.Cluster.Uses = new Dictionary<string, IReadOnlyList<NodeUse>> { [lease.Id.Namespace] = [new NodeUse("node-a", new NodeResources(0, 0, 900L << 20, new Dictionary<string, long>()))] };
        site.SeeChain(0, lease);
        Assert.Equal(PlacementReasons.LargerThanLeased, (await site.Capacities.FindAmendedAsync(lease.Id, default))!.Reason);
        var storage = (await site.Capacities.ReadAsync(false, default))!.Book.Classes().Single(c => c.Class == ClassCapacity.Storage);
        Assert.Equal((Site.StorageMiB - 900) << 20, storage.Free);
    }

    private LeaseView Running(int gpus, int number = 1) => Site.View(site.Request(number, gpus), LeaseState.Active);

    private void Use(LeaseView lease, int gpus) => site.Cluster.Uses = new Dictionary<string, IReadOnlyList<NodeUse>>
    {
        [lease.Id.Namespace] = [new NodeUse("node-a", new NodeResources(0, 0, 0, new Dictionary<string, long> { ["nvidia.com/gpu"] = gpus }))],
    };

    private async Task<long> FreeAsync() => (await site.Capacities.ReadAsync(false, default))!.Book.Classes()[^1].Free;
}
