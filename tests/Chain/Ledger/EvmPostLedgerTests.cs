using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Ledger;

/// <summary>The operator's way through the open path, on the real contracts.</summary>
public class EvmPostLedgerTests
{
    private static readonly LeaseId Key = LeaseId.Parse("0x" + new string('7', 64));

    [Fact]
    public async Task PostedRequest_IsFound_BidFor_AndAwarded()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, transactions) = (Ledger(market), market.Transactions());
        var tenant = new PostedRequests(market.TenantWriter, market.Contracts);
        var request = await PatientAsync(market);
        var before = await market.Anvil.Client.GetBlockNumberAsync();
        var hash = await tenant.PostAsync(request, 60, Funding.Allowance, default);

        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        var post = Assert.Single((await ledger.ReadPostedAsync(0, latest, default)).Posted);
        Assert.Equal((hash, post.BiddingUntil + 3600), (post.Hash, post.AwardUntil));
        Assert.Equal(request.ToContract(), post.Request.ToContract());
        Assert.Empty((await ledger.ReadPostedAsync(0, before, default)).Posted);
        var states = await ledger.ReadStatesAsync([hash, "0x" + new string('9', 64)], null, default);
        Assert.Equal((post.BiddingUntil, request.Deposit, 0), (states[0].BiddingUntil, states[0].Held, states[0].Bids.Count));
        Assert.Equal((0, 0), (states[1].BiddingUntil, (int)states[1].Held));
        Assert.Equal(0, (await ledger.ReadStatesAsync([hash], before, default))[0].BiddingUntil);

        // Too early for the award; too short-lived for a bid: each comes back with the contract's error and costs no gas.
        var offer = await SignAsync(market, request, post.AwardUntil);
        Assert.Contains("BiddingNotOver(", Assert.Single(await transactions.SubmitAsync([new AwardIntent(Key, post.Request, [offer])], default)).Error, StringComparison.Ordinal);
        var brief = new BidIntent(Key, post.Request, await SignAsync(market, request, post.AwardUntil - 1));
        var refused = Assert.Single(await transactions.SubmitAsync([brief], default));
        Assert.Contains("OrderExpired(", refused.Error, StringComparison.Ordinal);
        Assert.Null(refused.TransactionHash);

        Assert.Null(Assert.Single(await transactions.SubmitAsync([new BidIntent(Key, post.Request, offer)], default)).Error);
        // Again, as after a restart: it takes its own place.
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new BidIntent(Key, post.Request, offer)], default)).Error);
        var bids = (await ledger.ReadStatesAsync([hash], null, default))[0].Bids;
        Assert.Equal(market.Provider.Writer.Address.ToString(), Assert.Single(bids).Provider);
        var offers = await ledger.ReadOffersAsync(post, bids, default);
        Assert.Equal(offer.ToContract(), Assert.Single(offers!).ToContract());
        Assert.Null(await ledger.ReadOffersAsync(post, [new PlacedBid("0x" + new string('8', 64), bids[0].Provider)], default));

        await market.Anvil.PassAsync(61);
        var award = new AwardIntent(Key, post.Request, offers!);
        Assert.Null(Assert.Single(await transactions.SubmitAsync([award], default)).Error);
        Assert.Contains("NothingToAward(", Assert.Single(await transactions.SubmitAsync([award], default)).Error, StringComparison.Ordinal);
        var after = (await ledger.ReadStatesAsync([hash], null, default))[0];
        Assert.Equal((0, 0), ((int)after.Held, after.Bids.Count));
        var now = await market.Anvil.Client.GetBlockNumberAsync();
        var lease = Assert.Single((await market.Ledger().ReadNewsAsync(0, now, default)).Matched);
        Assert.Equal([lease], await tenant.ReadAwardedAsync(hash, 2, default));
    }

    [Fact]
    public async Task WithdrawnRequest_IsToldOf()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, tenant, request) = (Ledger(market), new PostedRequests(market.TenantWriter, market.Contracts), await PatientAsync(market));
        var hash = await tenant.PostAsync(request, 60, Funding.Allowance, default);
        var posted = await market.Anvil.Client.GetBlockNumberAsync();
        await tenant.WithdrawAsync(request, default);
        Assert.Empty((await ledger.ReadPostedAsync(0, posted, default)).Withdrawn);
        Assert.Equal([hash], (await ledger.ReadPostedAsync(0, await market.Anvil.Client.GetBlockNumberAsync(), default)).Withdrawn);
    }

    [Fact]
    public async Task Block_IsFoundByItsTime()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.PassAsync(1_000);
        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        var ledger = Ledger(market);
        var time = (long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        Assert.Equal(latest, await ledger.FindBlockAsync(time - 1, 0, latest, default));
        Assert.Equal(latest, await ledger.FindBlockAsync(time + 1, 0, latest, default));
        Assert.Equal(0ul, await ledger.FindBlockAsync(0, 0, latest, default));
        Assert.Equal(3ul, await ledger.FindBlockAsync(0, 3, latest, default));
    }

    [Fact]
    public async Task Node_Away_IsATransientFault()
    {
        await using var market = await Market.OpenAsync();
        var ledger = Ledger(market);
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadPostedAsync(0, 10_000, default))).IsTransient);
        await market.Anvil.StopAsync();
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadStatesAsync(["0x" + new string('9', 64)], null, default))).IsTransient);
    }

    private static EvmPostLedger Ledger(Market market) => new(market.Anvil.Client, market.Domain, 3, NullLogger<EvmPostLedger>.Instance);

    private static async Task<RequestTerms> PatientAsync(Market market) => (await market.RequestAsync()) with { ExpiresAt = (long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp + 10_800 };

    private static Task<SignedOffer> SignAsync(Market market, RequestTerms request, long expires) =>
        new Chain.Signing.EvmOfferSigner(market.Operator.Signer, market.Domain, market.Provider.Writer.Address, market.Anvil.Client)
            .SignAsync(Samples.Offer(request) with { ExpiresAt = expires, Salt = 5 }, request, default);
}
