using System.Text.Json;
using System.Text.RegularExpressions;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;

namespace Federation.Cli.Tests;

/// <summary>What a provider sends: on a chain of its own, because it takes time to pass.</summary>
public sealed class SettlingTests : IAsyncLifetime
{
    private readonly Shell shell = new();

    private Market market = null!;

    public async ValueTask InitializeAsync()
    {
        market = await Market.OpenAsync();
        ChainVerbTests.Settle(shell, market, 1);
    }

    public ValueTask DisposeAsync()
    {
        shell.Dispose();
        return market.DisposeAsync();
    }

    [Fact]
    public async Task Claims_AreShown_AndCollectedOnceTheyHaveMatured()
    {
        var lease = await market.MatchAsync();
        Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        Assert.Equal("", (await shell.RunAsync("settle")).Out);
        await market.Anvil.PassAsync(60);
        var now = (long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        var receipt = new Receipt(lease.Id, 1, now, new UsageVector(36_000, 2_048, 0, 0, 0, 0), 0, "0x" + new string('7', 64), false);
        Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new SettleIntent(lease.Id, lease.Terms, receipt)], default)).Error);

        // 1. Start fee, CPU and memory; nobody has signed it, so it waits.
        Assert.Equal(("37074", "0", "37074", "0"), await ClaimAsync());
        Assert.Contains("nothing is to be sent", (await shell.RunAsync("settle", "--collect")).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("IN DISPUTE", (await shell.RunAsync("settle")).Out, StringComparison.Ordinal);
        var wide = await shell.RunAsync("settle", "-o", "wide");
        Assert.Matches(@"IN DISPUTE +ALL MATURED AT\n.*Active +0\.037074 [A-Z]+ +0 [A-Z]+ +0\.037074 ", wide.Out);

        // 2. Printed for who holds the key elsewhere; sent where that is said twice.
        await market.Anvil.PassAsync(300);
        Assert.Equal(("37074", "0", "37074", "37074"), await ClaimAsync());
        var printed = await shell.RunAsync("settle", "--collect");
        Assert.StartsWith($"cast send {market.Contracts.LeaseManager} 'collect(", Assert.Single(printed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("settle", "--collect", "--send")).Code);
        Assert.Equal(("37074", "0", "37074", "37074"), await ClaimAsync());

        // 3. By two at once, as when the operator does it at the same time: one is the first, and nothing is wrong with the other.
        using var other = new Shell();
        ChainVerbTests.Settle(other, market, 4);
        var sent = await Task.WhenAll(
            shell.RunAsync("settle", "--collect", "--send", "--yes"),
            other.RunAsync("settle", "--collect", "--send", "--yes", "--provider", market.Provider.Signer.Address.ToString()));
        Assert.All(sent, ran => Assert.True(ran.Code == 0, ran.ToString()));
        Assert.Contains(sent, ran => ran.Error.Contains($"Collecting of {lease.Id.Hex[..14]}: block", StringComparison.Ordinal));
        Assert.Equal(("37074", "37074", "0", "0"), await ClaimAsync());
    }

    // Its tenant may amend a lease between the look and the transaction: read again it goes, and what does not go is in nobody's way.
    [Fact]
    public async Task LeaseWhoseTermsChangeMeanwhile_IsCollectedByTheNewOnes_AndOneThatCannotBeIsNotInTheWayOfOthers()
    {
        MatchedLease[] leases = [await market.MatchAsync(), await market.MatchAsync(), await market.MatchAsync()];
        foreach (var lease in leases) Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        await market.Anvil.PassAsync(60);
        var now = (long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        foreach (var lease in leases)
            Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new SettleIntent(lease.Id, lease.Terms, new Receipt(lease.Id, 1, now, new UsageVector(36_000, 0, 0, 0, 0, 0), 0, "0x" + new string('7', 64), false))], default)).Error);
        await market.Anvil.PassAsync(300);

        var terms = leases.ToDictionary(l => l.Id, l => l.Terms);
        var (once, ever) = (leases[0].Id, leases[1].Id);
        await using var relay = new Relay(market.Anvil.Url) { IsHonest = true };
        shell.Variables["FEDERATION_RPC_URL"] = (await relay.StartAsync()).ToString();
        relay.BeforeEstimate = async asked =>
        {
            foreach (var lease in terms.Keys.Where(id => asked.Contains(id.Hex[2..], StringComparison.Ordinal)).ToArray())
            {
                if (lease != ever && (lease != once || terms[lease] != leases[0].Terms)) continue;
                await market.Anvil.PassAsync(61);
                terms[lease] = await market.Tenant.AmendSpecAsync(lease, terms[lease], $"0x{now++:x64}", default);
            }
        };
        var ran = await shell.RunAsync("settle", "--collect", "--send", "--yes");
        Assert.Equal(ExitCodes.Refused, ran.Code);
        Assert.Contains($"error: 1 of 3 did not take effect:\n  Collecting of {ever.Hex[..14]}: collect failed: TermsDiffer(", ran.Error, StringComparison.Ordinal);
        foreach (var lease in new[] { leases[0], leases[2] })
        {
            // Another claim may mature between estimate and block, and is paid then: there is gas for that.
            var hash = Ethereum.Bytes32.Parse(Regex.Match(ran.Error, $@"Collecting of {lease.Id.Hex[..14]}: block \d+, transaction (0x[0-9a-f]{{64}})").Groups[1].Value);
            var (sent, mined) = (await market.Anvil.Client.GetTransactionByHashAsync(hash), await market.Anvil.Client.GetTransactionReceiptAsync(hash));
            Assert.True(sent!.Gas >= mined!.GasUsed + 100_000, $"{sent.Gas} of {mined.GasUsed}");
        }
    }

    [Fact]
    public async Task Datacenter_IsRegistered_WithItsStake()
    {
        using var mine = new Shell();
        ChainVerbTests.Settle(mine, market, 4);
        var who = Anvil.Signer(4).Address;
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, who, 3_000_000, default);
        string[] entry = ["register", "--endpoint", "https://new.example", "--region", "us-east", "--operator", Anvil.Signer(0).Address.ToString(), "--capabilities", "0x5", "--stake", "2.5", "--send"];
        Assert.Equal(ExitCodes.Usage, (await mine.RunAsync(entry)).Code);
        Assert.Equal(ExitCodes.NotFound, (await mine.RunAsync("drain")).Code);

        var sent = await mine.RunAsync([.. entry, "--yes"]);
        Assert.True(sent.Code == 0, sent.ToString());
        foreach (var line in new[] { "Registering: block", "leave to pull the stake: block", "of stake: block" }) Assert.Contains(line, sent.Error, StringComparison.Ordinal);
        var found = (await new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry).ReadAsync(who, default))!;
        Assert.Equal(("https://new.example", "us-east", Anvil.Signer(0).Address, who, 5), (found.Endpoint, found.Region, found.Operator, found.Payout, (int)found.Capabilities));
        var listed = JsonDocument.Parse((await mine.RunAsync("datacenters", "--region", "us-east", "-o", "json")).Out).RootElement.GetProperty("items");
        Assert.Equal(who.ToString(), Assert.Single(listed.EnumerateArray()).GetProperty("provider").GetString());
        Assert.Contains("nothing is to be sent", (await mine.RunAsync([.. entry, "--yes"])).Error, StringComparison.Ordinal);
    }

    private async Task<(string? Claimed, string? Paid, string? Pending, string? Matured)> ClaimAsync()
    {
        var ran = await shell.RunAsync("settle", "-o", "json");
        Assert.True(ran.Code == 0, ran.ToString());
        var claim = Assert.Single(JsonDocument.Parse(ran.Out).RootElement.GetProperty("items").EnumerateArray());
        string? Said(string name) => claim.GetProperty(name).GetString();
        return (Said("claimed"), Said("paid"), Said("pending"), Said("matured"));
    }
}
