using Federation.Application.Bidding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Settling;
using Federation.Application.Tests.Holding;
using Federation.Application.Watching;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Holding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Bidding;

public sealed partial class BidderTests : IDisposable
{
    private const long Rich = 1_000_000_000_000;
    private static readonly MarketStanding Good = new(false, true, 0, 3600, 0, 0, 0, 0);

    private readonly Site site = new();
    private readonly InMemoryPosts posts;
    private readonly IntentOutbox outbox;
    private readonly BidMetrics metrics = new();
    private MarketStanding standing = Good;
    private PostBook book = null!;
    private Bidder bidder;
    private int junk = 10_000;
    private long generation;

    public BidderTests()
    {
        (posts, outbox) = (new InMemoryPosts(site.Clock), new IntentOutbox(site.Clock));
        Allow(new BidPolicy(MaxOpen: 4, SharePercent: 100));
        bidder = Begin();
    }

    public void Dispose()
    {
        outbox.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public async Task PostedRequest_IsBidForOnce_AndItsCapacityHeldUntilTheAward()
    {
        var post = posts.Post(Request(1, 6), 60);
        await PassAsync();
        var bid = Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10)));
        Assert.Equal((post.Hash, post.AwardUntil), (bid.Offer.RequestHash, bid.Offer.Terms.ExpiresAt));
        var hold = Assert.Single(site.Holds.Stored);
        Assert.Equal((true, post.AwardUntil, 6), (hold.IsBid, hold.ExpiresAt, hold.Resources.GpuA.Count));
        Assert.Equal(PlacementReasons.Held, (await site.QuoteAsync(site.Request(9, 3))).Reason);

        // Nothing more is made while it is on its way, and none once it is there.
        for (var pass = 0; pass < 20; pass++) await PassAsync();
        Assert.Equal(1, site.Signer.Signed);
        Send();
        for (var pass = 0; pass < 5; pass++) await PassAsync();
        Send();
        Assert.Equal((1, 1), (posts.BidsTaken, site.Holds.Writes));
    }

    [Fact]
    public async Task Bid_CostsWhatAQuoteWouldAtThisUtilisation()
    {
        var datacenter = site.Cluster.Datacenter!;
        site.Cluster.Datacenter = datacenter with { Spec = datacenter.Spec with { Pricing = new PricingPolicy(new UtilisationCurve([new(0, 10_000), new(10_000, 20_000)]), null) } };
        See(0);
        Assert.NotNull((await site.QuoteAsync(site.Request(9, 4))).Offer);
        // Half of the devices and four of 64 cores are promised; memory is nearly free.
        var (cpu, memory, gpu) = (UtilisationCurve.Times(Some.Prices.Cpu, 10_625), UtilisationCurve.Times(Some.Prices.Memory, 10_156), UtilisationCurve.Times(Some.Prices.GpuA, 15_000));
        posts.Post(Request(1, 2) with { MaxPrices = Some.Prices with { Cpu = cpu, Memory = memory, GpuA = gpu - 1 } }, 60);
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        posts.Post(Request(2, 2) with { MaxPrices = Some.Prices with { Cpu = cpu, Memory = memory, GpuA = gpu } }, 60);
        await PassAsync();
        var bid = Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10)));
        Assert.Equal(Some.Prices with { Cpu = cpu, Memory = memory, GpuA = gpu }, bid.Offer.Terms.Prices);
    }

    [Fact]
    public async Task Restart_BidsNotTwice_WhereverItWasKilled()
    {
        posts.Post(Request(1, 6), 60);
        await PassAsync();
        // Held, not sent.
        Restart();
        await PassAsync();
        Assert.Single(site.Holds.Stored);
        Send();
        // Sent, not confirmed.
        Restart();
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        Assert.Equal((1, 1), (posts.BidsTaken, site.Holds.Stored.Count));
    }

    [Fact]
    public async Task LongWindow_IsBidForNearItsEnd_SoThatNothingIsBoundBefore()
    {
        posts.Post(Request(1, 1), 86_400);
        await PassAsync();
        Assert.Empty(site.Holds.Stored);
        site.Clock.Advance(TimeSpan.FromSeconds(86_400 - BidRules.Lead));
        await PassAsync();
        Assert.Single(site.Holds.Stored);
    }

    [Fact]
    public async Task Winner_SendsTheAwardWhenNobodyDid_AndTheLeaseTakesTheHold()
    {
        var request = Request(1, 6, fills: 3);
        posts.Post(request, 60);
        await PassAsync();
        Assert.Single(site.Holds.Stored);
        Send();
        site.Clock.Advance(TimeSpan.FromSeconds(62));
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        site.Clock.Advance(TimeSpan.FromSeconds(10));
        await PassAsync();
        Assert.Single(Assert.IsType<AwardIntent>(Assert.Single(outbox.Due(10))).Offers);
        // What is behind the bids is looked for in the logs once, however long the award takes.
        for (var pass = 0; pass < 5; pass++) await PassAsync();
        Assert.Equal(1, posts.OffersRead);
        Send();
        Assert.Equal(1, posts.AwardsTaken);

        // Whichever fill it became.
        var view = Site.View(request, LeaseState.Reserved, index: 2);
        await site.Cluster.EnsureAsync(new MatchedLease(view.Id, view.Terms, posts.Latest), default);
        await PassAsync(view);
        await site.Reporter.PassAsync(default);
        Assert.Empty(site.Holds.Stored);
        Assert.Equal(6, Assert.Single(site.Cluster.Spaces[view.Id].Reserved).Gpus);
        await PassAsync(view);
        Assert.Equal((1, 1), (posts.BidsTaken, posts.AwardsTaken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatLostOrWasWithdrawn_IsFreeAtOnce(bool isAwarded)
    {
        var post = posts.Post(Request(1, 6), 60);
        await PassAsync();
        Send();
        posts.Bid(post.Hash, Some.Tenant, place: 0);
        await PassAsync();
        Assert.Single(site.Holds.Stored);
        site.Clock.Advance(TimeSpan.FromSeconds(61));
        if (isAwarded) Assert.Equal([Some.Tenant], posts.Award(post.Hash));
        else posts.Withdraw(post.Hash);
        // Not before the chain is read so far, with the leases of that block.
        await PassAsync(behind: 1);
        Assert.Single(site.Holds.Stored);
        await PassAsync();
        Assert.Empty(site.Holds.Stored);
        Assert.NotNull((await site.QuoteAsync(site.Request(9, 8))).Offer);
    }

    [Fact]
    public async Task BidThatNeverArrived_IsFreeWhenItsTimeIsOver()
    {
        posts.Post(Request(1, 6), 60);
        await PassAsync();
        site.Clock.Advance(TimeSpan.FromSeconds(60));
        await PassAsync();
        Assert.Single(site.Holds.Stored);
        site.Clock.Advance(TimeSpan.FromSeconds(1));
        await PassAsync();
        Assert.Empty(site.Holds.Stored);
        site.Clock.Advance(TimeSpan.FromSeconds(60));
        await PassAsync();
        Assert.Empty(outbox.Due(10));
    }

    [Fact]
    public async Task Limits_OfNumberAndShare_AreKept()
    {
        Allow(new BidPolicy(MaxOpen: 2, SharePercent: 50));
        posts.Post(Request(1, 5), 60);
        await PassAsync();
        Assert.Empty(site.Holds.Stored);
        for (var i = 2; i <= 4; i++) posts.Post(Request(i, 1), 60);
        await PassAsync();
        Assert.Equal(2, site.Holds.Stored.Count);
        // They take nothing of what a payer may ask for.
        Assert.NotNull((await site.QuoteAsync(site.Request(9, 6))).Offer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhoDoesNotBid_HoldsNothing_ButStaysBoundByWhatItHasBid(bool hasBid)
    {
        posts.Post(Request(1, 6), 60);
        if (hasBid)
        {
            await PassAsync();
            Send();
        }

        Allow(null);
        await PassAsync();
        Assert.Equal(hasBid ? 1 : 0, site.Holds.Stored.Count);
        site.Clock.Advance(TimeSpan.FromSeconds(70));
        await PassAsync();
        Assert.Equal(hasBid, outbox.Due(10) is [AwardIntent]);
        Assert.Equal(hasBid ? 1 : 0, posts.BidsTaken);
    }

    [Fact]
    public async Task WhatAQuoteWouldRefuse_IsNotBidFor_AndIsTriedAgain()
    {
        posts.Post(Request(1, 1) with { Provider = Some.Tenant }, 60);
        posts.Post(Request(2, 1) with { Token = Some.Tenant }, 60);
        posts.Post(Request(3, 9), 60);
        posts.Post(Request(4, 1), 60);
        standing = Good with { IsActive = false };
        await PassAsync();
        Assert.Empty(outbox.Due(10));

        standing = Good;
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        site.Clock.Advance(TimeSpan.FromSeconds(10));
        await PassAsync();
        Assert.Equal(Request(4, 1), Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10))).Request);
    }

    // The provider may have raised its order counter: what failed once is signed anew, under the same hold.
    [Fact]
    public async Task BidThatFailed_IsMadeAnew_AfterAWhile()
    {
        posts.Post(Request(1, 6), 60);
        await PassAsync();
        outbox.Failed(Assert.Single(outbox.Due(10)), "CounterStale");
        for (var pass = 0; pass < 5; pass++) await PassAsync();
        Assert.Equal(1, site.Signer.Signed);
        site.Clock.Advance(TimeSpan.FromSeconds(10));
        await PassAsync();
        Assert.Equal((2, 1, 1), (site.Signer.Signed, site.Holds.Writes, outbox.Due(10).Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatItsTimeIsOverFor_IsWantedNoMore(bool isDisabled)
    {
        posts.Post(Request(1, 6), 60);
        await PassAsync();
        if (isDisabled) Allow(null);
        else Send();
        if (!isDisabled) Restart();
        site.Clock.Advance(TimeSpan.FromSeconds(70));
        await PassAsync();
        // Nobody takes the award; then its time is over too.
        Assert.Equal(isDisabled ? 0 : 1, outbox.Due(10).OfType<AwardIntent>().Count());
        site.Clock.Advance(TimeSpan.FromSeconds(3_601));
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        await site.Reporter.PassAsync(default);
        Assert.Empty(site.Holds.Stored);
    }

    [Fact]
    public async Task TermThatEnds_LeavesNothingWanted()
    {
        posts.Post(Request(1, 6), 60);
        await PassAsync();
        bidder.Forget();
        Assert.Empty(outbox.Due(10));
        await PassAsync();
        Assert.Single(outbox.Due(10));
    }

    // To post costs next to nothing: what no bid can be made for takes neither a place nor a call.
    [Fact]
    public async Task NetworkThatIsNotShownToIsolate_IsNotBidWith()
    {
        var datacenter = site.Cluster.Datacenter!;
        site.Cluster.Datacenter = datacenter with { Spec = datacenter.Spec with { UnenforcedNetworkPolicy = UnenforcedNetworkPolicy.Refuse } };
        posts.Post(Request(1, 1), 60);
        await PassAsync();
        Assert.Empty(site.Holds.Stored);
        Assert.Empty(outbox.Due(10));
    }

    [Fact]
    public async Task ChainThatCannotBeRead_IsNotBidOn()
    {
        posts.Post(Request(1, 1), 60);
        See(0);
        site.Health.ChainFailed("The node is away.");
        await bidder.PassAsync(default);
        Assert.Empty(site.Holds.Stored);
    }

    private static RequestTerms Request(int number, int gpus, uint fills = 1) => new Site().Request(number, gpus, fills: fills) with { ExpiresAt = long.MaxValue };

    private void Allow(BidPolicy? policy, Intake intake = Intake.Open)
    {
        var datacenter = Quoting.QuoterTests.Datacenter;
        var spec = datacenter.Spec with { Bids = policy, Intake = intake, Prices = datacenter.Spec.Prices with { StartFee = 0, MinCharge = 0, ReservationFee = 0 } };
        site.Cluster.Datacenter = datacenter with { Spec = spec, Generation = ++generation };
    }

    private Bidder Begin() => new(
        book = new PostBook(posts, 0, site.Clock, NullLogger<PostBook>.Instance), posts, posts,
        new OfferMaker(site.Cluster, new LiveMarket(() => standing), ScriptedHook.PricerOn(site.Capacities), FakeHasher.Instance, site.Clock), site.Offers,
        new BidHolds(site.Capacities, site.Store, posts), outbox, site.Cluster, site.Health, metrics, site.Clock, NullLogger<Bidder>.Instance);

    private void Restart()
    {
        site.Restart();
        bidder = Begin();
    }

    /// <param name="behind">Blocks, and seconds.</param>
    private void See(int behind, params LeaseView[] views)
    {
        site.Health.IsPollDue(TimeSpan.Zero);
        site.Health.ChainSeen(new ChainPicture(new LedgerHead(posts.Latest, posts.Latest - (ulong)behind, site.Clock.NowSeconds - behind, "0x1", posts.Latest, "0x1"), views.ToDictionary(v => v.Id), []));
    }

    private Task PassAsync(params LeaseView[] views) => PassAsync(0, views);

    private async Task PassAsync(int behind, params LeaseView[] views)
    {
        See(behind, views);
        await bidder.PassAsync(default);
    }

    private sealed class LiveMarket(Func<MarketStanding> standing) : IMarketReader
    {
        public Task<MarketStanding> ReadAsync(RequestTerms request, CancellationToken cancellation) => Task.FromResult(standing());
    }

    // What the settler does with the real chain.
    private void Send()
    {
        foreach (var intent in outbox.Due(10))
        {
            posts.Take(intent);
            outbox.Mined(intent, posts.Latest, null);
        }
    }
}
