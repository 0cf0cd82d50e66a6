using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Signing;
using Federation.Testing;

namespace Federation.Chain.Tests.Ledger;

public class EvmPayersTests
{
    private static readonly RequestTerms Sample = Samples.Request(Address.Zero, Address.Zero, Address.Zero, 2_000_000_000);

    [Fact]
    public async Task Ask_IsSignedByWhoPays_ForOneRequestOnOneMarket_AndNoNodeIsAsked()
    {
        await using var anvil = await Anvil.StartAsync();
        var (tenant, sponsor, domain) = (LocalSigner.Generate(), LocalSigner.Generate(), new OrderDomain(Market.ChainId, Address.Zero));
        var request = Sample with { Tenant = tenant.Address.ToString() };
        var sponsored = request with { Sponsor = sponsor.Address.ToString() };
        var ask = await new OrderSigner(tenant, domain).SignAskAsync(request, default);
        var other = await new OrderSigner(tenant, domain with { ChainId = 1 }).SignAskAsync(request, default);
        var order = await new OrderSigner(tenant, domain).SignAsync(request, default);
        var payers = Payers(anvil, domain, TimeProvider.System);
        await Assert.ThrowsAsync<ArgumentException>(() => new OrderSigner(tenant, domain).SignAskAsync(sponsored, default));

        Assert.False(await payers.HasAskedAsync(request, other, default));
        Assert.False(await payers.HasAskedAsync(request with { Salt = 2 }, ask, default));
        Assert.False(await payers.HasAskedAsync(sponsored, ask, default));
        // An order is no question, and a question no order.
        Assert.False(await payers.HasAskedAsync(request, order.Signature, default));
        Assert.NotEqual(order.Hash, domain.TypedAsk(request.ToContract()).Digest().ToString());
        Assert.False(await payers.HasAskedAsync(request, "0x", default));
        Assert.False(await payers.HasAskedAsync(request, ask[..^2] + "05", default));

        // Neither is the word on a lease one on another lease, or for a quote.
        var (lease, twin) = (LeaseId.Parse("0x" + new string('1', 64)), LeaseId.Parse("0x" + new string('2', 64)));
        var amend = await new OrderSigner(tenant, domain).SignAskAsync(lease, request, default);
        Assert.False(await payers.HasAskedAsync(twin, request, amend, default));
        Assert.False(await payers.HasAskedAsync(request, amend, default));
        Assert.False(await payers.HasAskedAsync(lease, request, ask, default));

        await anvil.StopAsync();
        Assert.True(await payers.HasAskedAsync(lease, request, amend, default));
        Assert.True(await payers.HasAskedAsync(request, ask, default));
        Assert.True(await payers.HasAskedAsync(sponsored, await new OrderSigner(sponsor, domain).SignAskAsync(sponsored, default), default));
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => payers.HasAskedAsync(request, other, default))).IsTransient);
    }

    [Fact]
    public async Task ContractThatPays_IsAskedOnChain()
    {
        await using var market = await Market.OpenAsync();
        var wallet = await ClientContract.DeployAsync(market.TenantWriter, "Client");
        var request = await market.RequestAsync() with { Tenant = wallet.Address.ToString() };
        var payers = Payers(market.Anvil, market.Domain, TimeProvider.System);

        // Its owner's word is the contract's.
        Assert.True(await payers.HasAskedAsync(request, await SignAsync(market, request, Anvil.Signer(3)), default));
        Assert.False(await payers.HasAskedAsync(request, await SignAsync(market, request, LocalSigner.Generate()), default));
        // A contract that knows no ERC-1271.
        Assert.False(await payers.HasAskedAsync(request with { Tenant = market.Contracts.Vault.ToString() }, await SignAsync(market, request, Anvil.Signer(3)), default));
    }

    [Fact]
    public async Task Funds_AreTokensAndVault_AndRememberedForSeconds()
    {
        await using var market = await Market.OpenAsync();
        var clock = new FakeClock();
        var payers = Payers(market.Anvil, market.Domain, clock, market.Contracts);
        var request = await market.RequestAsync();
        await market.Tenant.DepositAsync(market.Token, 1_000, default);
        Assert.Equal(Market.Minted, await FundsAsync(payers, request));
        Assert.Equal(BigInteger.Zero, await FundsAsync(payers, request with { Sponsor = "0x" + new string('9', 40) }));

        await market.MatchAsync();
        Assert.Equal(Market.Minted, await FundsAsync(payers, request));
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(Market.Minted - request.Deposit, await FundsAsync(payers, request));

        await market.Anvil.StopAsync();
        Assert.Equal(Market.Minted - request.Deposit, await FundsAsync(payers, request));
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => FundsAsync(payers, request))).IsTransient);
    }

    [Fact]
    public async Task Funds_SayWhichQuotesTheyAreTakenForAlready_UntilAReorg()
    {
        await using var market = await Market.OpenAsync();
        var (clock, request) = (new FakeClock(), await market.RequestAsync());
        var payers = Payers(market.Anvil, market.Domain, clock, market.Contracts);
        var (lease, other) = (await market.MatchAsync(), LeaseId.Parse("0x" + new string('7', 64)));
        var taken = await payers.ReadFundsAsync(request, [other, lease.Id], default);
        Assert.Equal((Market.Minted - request.Deposit, lease.Id), (taken.Amount, Assert.Single(taken.Matched)));

        await market.Anvil.AskAsync("anvil_reorg", 1, Array.Empty<object>());
        clock.Advance(TimeSpan.FromSeconds(3));
        var back = await payers.ReadFundsAsync(request, [other, lease.Id], default);
        Assert.Equal(Market.Minted, back.Amount);
        Assert.Empty(back.Matched);
    }

    private static async Task<BigInteger> FundsAsync(EvmPayers payers, RequestTerms request) => (await payers.ReadFundsAsync(request, [], default)).Amount;

    private static EvmPayers Payers(Anvil anvil, OrderDomain domain, TimeProvider clock, ContractAddresses? contracts = null) =>
        new(anvil.Client, domain, contracts?.Vault ?? Address.Zero, contracts?.LeaseManager ?? Address.Zero, clock);

    private static async Task<string> SignAsync(Market market, RequestTerms request, LocalSigner signer) =>
        (await signer.SignTypedDataAsync(market.Domain.TypedAsk(request.ToContract()))).ToString();
}
