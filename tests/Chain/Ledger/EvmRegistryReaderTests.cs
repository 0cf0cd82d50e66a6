using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;

namespace Federation.Chain.Tests.Ledger;

public class EvmRegistryReaderTests
{
    [Fact]
    public async Task Standing_IsTheRegistrysEntry_AndTheFreeStake()
    {
        await using var market = await Market.OpenAsync();
        var (provider, own) = (market.Provider.Writer.Address, market.Operator.Writer.Address);
        var reader = new EvmRegistryReader(market.Anvil.Client, market.Contracts, provider, own);
        var token = (await market.RequestAsync()).Token;
        var before = await reader.ReadAsync(token, default);
        Assert.Equal((own.ToString(), own.ToString(), true, Market.Staked, Market.Staked), (before.Operator, before.OwnKey, before.IsActive, before.Stake, before.FreeStake));

        var lease = await market.MatchAsync();
        var registration = new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(provider, own, 0, "https://moved.example.org", "eu-west"), default);
        await registration.SetActiveAsync(false, default);
        Assert.Equal(
            new RegistryStanding(provider.ToString(), own.ToString(), own.ToString(), false, "https://moved.example.org", "eu-west", Market.Staked, Market.Staked - lease.Terms.Parameters.Slice),
            await reader.ReadAsync(token, default));
        Assert.Equal("0x0000000000000000000000000000000000000000", (await new EvmRegistryReader(market.Anvil.Client, market.Contracts, own, own).ReadAsync(token, default)).Operator);
    }
}
