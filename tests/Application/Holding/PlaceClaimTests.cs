using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Holding;

/// <summary>A place beyond what a lease has is nobody else's from the moment on that it is thought of.</summary>
public sealed class PlaceClaimTests
{
    private static readonly PlaceWish Wish = new([new PodDemand("web", 1, 1000, 1 << 30, 0, Some.GpuClass, 4)], Instead: false);

    private readonly Site site = new();

    [Fact]
    public async Task PlaceOfItsOwn_IsThereAtOnce()
    {
        site.Cluster.Nodes = [Some.Node("a", 4), Some.Node("b", 4)];
        var lease = Site.View(site.Request(1, 4), LeaseState.Active);
        site.SeeChain(0, lease);
        var found = await site.Capacities.PlaceAsync(lease.Id, Wish, default);
        Assert.True(found is { IsWithin: true, Placement.Fits: true });
    }

    [Fact]
    public async Task PlaceBeyondItsOwn_IsClaimedFirst_AndQuotedToNobody()
    {
        site.Cluster.Nodes = [Some.Node("a", 2), Some.Node("b", 2)];
        var lease = Site.View(site.Request(1, 4), LeaseState.Active);
        site.SeeChain(0, lease);
        var refused = await site.Capacities.PlaceAsync(lease.Id, Wish, default);
        Assert.Equal(PlacementReasons.ExceedsDatacenter, refused!.Placement.Reason);

        // A node comes, with the only four together; for some seconds what was said is not looked for again.
        site.Cluster.Nodes = [Some.Node("a", 2), Some.Node("b", 2), Some.Node("c", 4)];
        Assert.False((await site.Capacities.PlaceAsync(lease.Id, Wish, default))!.Placement.Fits);
        site.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await site.Capacities.PlaceAsync(lease.Id, Wish, default));

        // From now on it is off every drawing: what it leaves, two and two, is free instead.
        Assert.NotNull((await site.QuoteAsync(site.Request(2, 4))).Offer);
        Assert.DoesNotContain(site.Holds.Stored.Single().Shares, s => s.Node == "c" && s.Gpus > 0);
        site.Clock.Advance(TimeSpan.FromSeconds(3));
        var found = await site.Capacities.PlaceAsync(lease.Id, Wish, default);
        Assert.Equal(("c", false), (Assert.Single(found!.Placement.Nodes["web"]), found.IsWithin));
        Assert.Equal(4, Assert.Single(found.Shares).Gpus);
    }

    // What was not there an hour ago is looked for once a minute; a node that comes is looked at within seconds.
    [Fact]
    public async Task WhoWaits_IsLookedForEverMoreSeldom_UntilTheNodesChange()
    {
        site.Cluster.Nodes = [Some.Node("a", 2), Some.Node("b", 2)];
        var lease = Site.View(site.Request(1, 4), LeaseState.Active);
        site.SeeChain(0, lease);
        var (looks, last) = (0, await site.Capacities.PlaceAsync(lease.Id, Wish, default));
        for (var second = 0; second < 300; second++)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(1));
            var now = await site.Capacities.PlaceAsync(lease.Id, Wish, default);
            if (!ReferenceEquals(now, last)) looks++;
            last = now;
        }

        Assert.InRange(looks, 5, 8);
        site.Cluster.Nodes = [Some.Node("c", 4)];
        site.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.True((await site.Capacities.PlaceAsync(lease.Id, Wish, default)) is null or { Placement.Fits: true });
    }
}
