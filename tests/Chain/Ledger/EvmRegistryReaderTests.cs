using System.Diagnostics;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Tests.Ledger;

public class EvmRegistryReaderTests
{
    private const string Nobody = "0x0000000000000000000000000000000000000000";

    [Fact]
    public async Task Standing_IsTheRegistrysEntry_AndTheFreeStake()
    {
        await using var market = await Market.OpenAsync();
        var (provider, own) = (market.Provider.Writer.Address, market.Operator.Writer.Address);
        var spec = Spec(market);
        var before = await Reader(market).ReadAsync(spec, default);
        Assert.Equal((own.ToString(), own.ToString(), true, Market.Staked, Market.Staked), (before.Operator, before.OwnKey, before.IsActive, before.Stake, before.FreeStake));
        Assert.Empty(before.Attestations);

        var lease = await market.MatchAsync();
        var registration = new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(provider, own, 5, "https://moved.example.org", "eu-west"), default);
        await registration.SetActiveAsync(false, default);
        var after = await Reader(market).ReadAsync(spec, default);
        Assert.Equal(
            (provider.ToString(), own.ToString(), own.ToString(), false, "https://moved.example.org", "eu-west", 5, Market.Staked, Market.Staked - lease.Terms.Parameters.Slice),
            (after.Operator, after.OwnKey, after.Payout, after.IsActive, after.Endpoint, after.Region, (int)after.Capabilities, after.Stake, after.FreeStake));
        Assert.Equal(Nobody, (await new EvmRegistryReader(market.Anvil.Client, market.Contracts, own, own).ReadAsync(spec, default)).Operator);
    }

    [Fact]
    public async Task Attestations_AreRead_ByAuditor()
    {
        await using var market = await Market.OpenAsync();
        var auditor = market.TenantWriter;
        var spec = Spec(market) with { Auditors = [auditor.Address.ToString(), market.Operator.Writer.Address.ToString()] };
        var now = (await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        var word = new Bindings.Attestation { Provider = market.Provider.Writer.Address, Bits = 6, IssuedAt = now, ExpiresAt = now + 1000, EvidenceHash = Bytes32.Zero };
        await auditor.CallAsync(market.Contracts.Registry, new AttestFunction { Auditor = auditor.Address, A = word, Signature = [] }, default);
        Assert.Equal(
            [new Attestation(auditor.Address.ToString(), 6, (long)now + 1000), new Attestation(spec.Auditors[1], 0, 0)],
            (await Reader(market).ReadAsync(spec, default)).Attestations);

        await market.Anvil.PassAsync(10);
        word = word with { IssuedAt = now + 5, ExpiresAt = (1UL << 40) - 1 };
        await auditor.CallAsync(market.Contracts.Registry, new AttestFunction { Auditor = auditor.Address, A = word, Signature = [] }, default);
        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeSeconds(), (await Reader(market).ReadAsync(spec, default)).Attestations[0].ExpiresAt);
    }

    // Sent by the program that they are for, as a person would, with texts that a shell could take for its own.
    [Fact]
    public async Task Calls_SentAsTheyStand_MakeTheRegistrySayWhatTheSpecSays()
    {
        await using var market = await Market.OpenAsync();
        var (owner, reader) = (market.Provider.Writer.Address, Reader(market));
        var spec = Spec(market) with { Endpoint = "https://north.example/?a=$HOME&b='c'", Region = "it's `here` \"now\"", Payout = market.Deployer.Writer.Address.ToString(), Capabilities = BigInteger.Pow(2, 255) + 5 };
        await new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry).SetActiveAsync(false, default);
        var wrong = await reader.ReadAsync(spec, default);
        foreach (var call in new[] { wrong.Calls.Entry, wrong.Calls.Activate, wrong.Calls.PriceBook }) await SendAsync(market, call, 1);

        var right = await reader.ReadAsync(spec, default);
        Assert.Equal((spec.Endpoint, spec.Region, spec.Payout, spec.Capabilities!.Value, true), (right.Endpoint, right.Region, right.Payout, right.Capabilities, right.IsActive));
        Assert.Equal(wrong.OwnPriceBook, right.PriceBook);
        Assert.NotEqual(wrong.OwnPriceBook, (await reader.ReadAsync(spec with { Prices = spec.Prices with { Cpu = 8 } }, default)).OwnPriceBook);
        // Of a spec that says nothing of payout and capabilities, the entry keeps what it has.
        var silent = (await reader.ReadAsync(spec with { Payout = "", Capabilities = null }, default)).Calls.Entry;
        Assert.Contains(spec.Payout, silent, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"{spec.Capabilities}", silent, StringComparison.Ordinal);

        // A provider that is not registered yet, paid to its own account.
        var newcomer = new EvmRegistryReader(market.Anvil.Client, market.Contracts, market.Tenant.Address, market.Operator.Writer.Address);
        await SendAsync(market, (await newcomer.ReadAsync(Spec(market), default)).Calls.Entry, 3);
        var entry = await newcomer.ReadAsync(Spec(market), default);
        Assert.Equal((entry.OwnKey, market.Tenant.Address.ToString(), "https://north.example"), (entry.Operator, entry.Payout, entry.Endpoint));
        Assert.NotEqual(owner, market.Tenant.Address);
    }

    // By who has the tokens, which need not be the provider.
    [Fact]
    public async Task CallThatAddsStake_MakesAsMuchFreeAsTheSpecSays_AndIsNoneWhereThatIs()
    {
        await using var market = await Market.OpenAsync();
        await market.MatchAsync();
        var (reader, spec) = (Reader(market), Spec(market) with { Stake = Market.Staked + 7 });
        var poor = await reader.ReadAsync(spec, default);
        Assert.True(poor.FreeStake < Market.Staked);
        foreach (var call in poor.Calls.Stake.Split(" && ")) await SendAsync(market, call, 3);
        var rich = await reader.ReadAsync(spec, default);
        Assert.Equal((Market.Staked + 7, ""), (rich.FreeStake, rich.Calls.Stake));
        Assert.Equal("", (await reader.ReadAsync(spec with { Stake = null }, default)).Calls.Stake);
    }

    private static EvmRegistryReader Reader(Market market) =>
        new(market.Anvil.Client, market.Contracts, market.Provider.Writer.Address, market.Operator.Writer.Address);

    private static DatacenterSpec Spec(Market market) => new(
        market.Provider.Writer.Address.ToString(), "north", "https://north.example", new Dictionary<string, GpuPlacement>(),
        new PriceBook(
            market.Token.ToString(), 1, 2, 3, 4, new Dictionary<string, BigInteger> { ["nvidia.com/gpu/T4/16384"] = 5, ["nvidia.com/gpu/A100/81920"] = 6, ["nvidia.com/gpu/V100/16384"] = 7 },
            0, 0, 0, 60, 600, 3600, 0, 0, []),
        "", 0, 0);

    private static async Task SendAsync(Market market, string command, int account)
    {
        Assert.StartsWith("cast send ", command, StringComparison.Ordinal);
        var cast = $"'{Repository.Tool("cast")}'{command["cast".Length..]} --private-key {Anvil.KeyOf(account)} --rpc-url {market.Anvil.Url}";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", cast]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await Task.WhenAll(shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, string.Join('\n', said));
    }
}
