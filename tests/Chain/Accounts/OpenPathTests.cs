using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;

namespace Federation.Chain.Tests.Accounts;

/// <summary>What needs no gateway: a Request on chain with bids, and disputes over what was claimed.</summary>
public class OpenPathTests
{
    [Fact]
    public async Task PostedRequest_IsAwardedToItsBid()
    {
        await using var market = await Market.OpenAsync();
        // Bids are taken for a minute and awarded within an hour: the Request has to live as long.
        var request = Patient(await market.RequestAsync());
        var tenant = new PostedRequests(market.TenantWriter, market.Contracts);
        Assert.Equal(market.Orders.HashOf(request), await tenant.PostAsync(request, 60, Funding.Allowance, default));
        var lease = await market.AwardAsync(request);
        Assert.Equal(market.Tenant.Address.ToString(), lease.Terms.Payer);
        Assert.Equal([lease], (await market.Ledger().ReadNewsAsync(0, lease.Block, default)).Matched);
    }

    [Fact]
    public async Task PostWithoutBids_ComesBack()
    {
        await using var market = await Market.OpenAsync();
        var request = Patient(await market.RequestAsync());
        var tenant = new PostedRequests(market.TenantWriter, market.Contracts);
        await tenant.PostAsync(request, 60, Funding.Allowance, default);
        await tenant.WithdrawAsync(request, default);
        Assert.Equal(request.Deposit, (await market.Tenant.ReadBalancesAsync(market.Token, null, default)).Vault);
    }

    [Fact]
    public async Task DisputedClaim_IsFrozen_AndRuledToTheTenant()
    {
        await using var market = await Market.OpenAsync();
        var request = await market.RequestAsync() with { Arbiter = market.Deployer.Writer.Address.ToString() };
        var lease = await market.Tenant.MatchAsync(await market.QuoteAsync(request), request, "", default);
        var transactions = market.Transactions();
        await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        await market.Anvil.PassAsync(50);
        var now = (long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        var used = UsageVector.Zero with { CpuMilliSeconds = 40_000 };
        await transactions.SubmitAsync([new SettleIntent(lease.Id, lease.Terms, new Receipt(lease.Id, 1, now, used, 0, Receipt.NoEvidence, false))], default);

        var (desk, court) = (new DisputeDesk(market.TenantWriter, market.Contracts), new DisputeDesk(market.Deployer.Writer, market.Contracts));
        var dispute = await desk.OpenAsync(lease.Id, lease.Terms, used with { CpuMilliSeconds = 10_000 }, 0, Bytes32.Zero, 100_000_000, Funding.Allowance, default);
        var frozen = await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default);
        Assert.Equal(30_000, frozen.Frozen);
        Assert.Equal((BigInteger.Zero, frozen.Claimed - 30_000), (frozen.Paid, frozen.Ring.Pending));

        await court.RuleAsync(dispute, lease.Terms, 0, default);
        var ruled = await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default);
        Assert.Equal((0, 30_000), ((int)ruled.Frozen, (int)ruled.Disallowed));
        Assert.Equal(frozen.Escrow + 30_000, ruled.Escrow);
        Assert.Equal(30_000, (await desk.ReadAsync(dispute, default)).Gap);
    }

    private static RequestTerms Patient(RequestTerms request) => request with { ExpiresAt = request.ExpiresAt + 7200 };
}
