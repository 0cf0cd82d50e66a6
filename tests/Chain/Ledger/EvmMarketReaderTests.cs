using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.AppRegistry;
using Federation.Chain.Bindings.Parameters;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Domain.Pricing;
using Federation.Ethereum;

namespace Federation.Chain.Tests.Ledger;

public class EvmMarketReaderTests
{
    [Fact]
    public async Task Standing_IsWhatAMatchWouldFind()
    {
        await using var market = await Market.OpenAsync();
        var reader = new EvmMarketReader(market.Anvil.Client, market.Contracts, market.Provider.Writer.Address);
        var request = await market.RequestAsync();
        var before = await reader.ReadAsync(request, default);
        Assert.Equal(
            new MarketStanding(false, true, 0, Market.Settings.MaturitySeconds, Market.Settings.SliceBps, Market.Settings.Bounty, Market.Staked, 0), before);

        // A lease binds its slice; the app's royalty and the auditor's word are read where the Request names them.
        var lease = await market.MatchAsync();
        var registration = new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(market.Operator.Writer.Address, market.Provider.Writer.Address, 5, "http://127.0.0.1:8080", "eu-central"), default);
        var register = new RegisterFunction { ImageDigest = Keccak256.Hash("image"), RoyaltyTo = market.Tenant.Address, RoyaltyBps = 250, Name = "a" };
        await market.TenantWriter.CallAsync(market.Contracts.Apps, register, default);
        var app = await market.Deployer.Writer.ReadAsync(market.Contracts.Apps, new AppIdFunction { FirstOwner = market.Tenant.Address, ImageDigest = Keccak256.Hash("image") }, default);
        var after = await reader.ReadAsync(request with { App = app.ToString() }, default);
        Assert.Equal(Market.Staked - lease.Terms.Parameters.Slice, after.FreeStake);
        Assert.Equal((250u, 5), (after.RoyaltyBps!.Value, (int)after.Capabilities));
        Assert.Null((await reader.ReadAsync(request with { App = "0x" + new string('9', 64) }, default)).RoyaltyBps);
        Assert.True((await reader.ReadAsync(request with { Auditor = market.Tenant.Address.ToString() }, default)).Capabilities.IsZero);

        await market.Deployer.Writer.CallAsync(market.Contracts.Parameters, new PauseOpeningFunction(), default);
        Assert.True((await reader.ReadAsync(request, default)).IsOpeningPaused);
    }

    [Fact]
    public async Task Stake_BelowTheSlice_IsWhatTheContractRefuses()
    {
        await using var market = await Market.OpenAsync();
        var request = await market.RequestAsync() with { Resources = Samples.Resources with { CpuMilli = 40_000 }, Deposit = 100_000_000 };
        var slice = Accrual.Slice(request.MaxPrices, request.Resources, Market.Settings.MaturitySeconds, Market.Settings.SliceBps);
        Assert.True(slice <= Market.Staked);
        await market.Tenant.MatchAsync(await market.QuoteAsync(request), request, "", default);
        var second = request with { Salt = 77 };
        var e = await Assert.ThrowsAsync<ContractCallException>(async () => await market.Tenant.MatchAsync(await market.QuoteAsync(second), second, "", default));
        Assert.Contains("StakeTooLow(", e.Message, StringComparison.Ordinal);
        var reader = new EvmMarketReader(market.Anvil.Client, market.Contracts, market.Provider.Writer.Address);
        Assert.True((await reader.ReadAsync(second, default)).FreeStake < slice);
    }

    [Fact]
    public async Task Node_Away_IsATransientFault()
    {
        await using var market = await Market.OpenAsync();
        var reader = new EvmMarketReader(market.Anvil.Client, market.Contracts, market.Provider.Writer.Address);
        var request = await market.RequestAsync();
        await market.Anvil.StopAsync();
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => reader.ReadAsync(request, default))).IsTransient);
    }
}
