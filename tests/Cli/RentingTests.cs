using System.Text.Json;
using Federation.Application.Quoting;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cli.Tests;

/// <summary>A tenant's whole way, from the command line to the contracts and the cluster.</summary>
[Collection(TenantWorldCollection.Name)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RentingTests(TenantWorld world) : IDisposable
{
    private const string Workload = """
        services:
        - name: web
          image: registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          resources: {cpu: 500m, memory: 256Mi}

        """;

    private readonly Shell shell = world.NewShell();

    public void Dispose() => shell.Dispose();

    [Fact]
    public async Task Offers_AreWhatGatewaysSayOfThemselves()
    {
        var ran = await shell.RunAsync("offers", "-o", "wide");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("north", ran.Out, StringComparison.Ordinal);
        // A core for an hour: 3,600,000 millicore-seconds at 10^6 for 10^9.
        Assert.Contains("0.0036 ", ran.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.NotFound, (await shell.RunAsync("offers", "--provider", "0x00000000000000000000000000000000000000aa")).Code);
    }

    [Fact]
    public async Task Quote_SaysWhatItCosts_AndBuysNothing()
    {
        var file = shell.Write("web.yaml", Workload);
        var before = (await LeasesAsync()).Count;
        var ran = await shell.RunAsync("quote", "-f", file, "--duration", "2h", "-o", "json");
        Assert.True(ran.Code == 0, ran.ToString());
        var quote = Assert.Single(JsonDocument.Parse(ran.Out).RootElement.GetProperty("items").EnumerateArray());
        // 500 millicores and half a unit for each of 256 MiB: 628 per 10^3 seconds.
        Assert.Equal(("2260", "4571", 7_200), (quote.GetProperty("perHour").GetString(), quote.GetProperty("term").GetString(), quote.GetProperty("durationSeconds").GetInt32()));
        Assert.Equal(before, (await LeasesAsync()).Count);
        shell.Input = Workload;
        Assert.Equal(0, (await shell.RunAsync("quote", "-f", "-")).Code);
    }

    [Fact]
    public async Task Request_GoesWhereItSays_AndWhatNobodyDoesOfItIsSaid()
    {
        var request = $$"""
            apiVersion: compute.federation/v1alpha1
            kind: ComputeRequest
            metadata: {name: web}
            spec:
              durationSeconds: 7200
              maxPrices: {cpu: "1000000", memory: "500000", storage: "0", egress: "0", gpuA: "0", gpuB: "0"}
              maxFees: {start: "50", minCharge: "100", reservation: "20"}
              placement: {regions: [eu-central], deny: []}
              escrow: {deposit: "1000000", topUp: {belowSeconds: 60, amount: "1", max: "2000000"} }
              failover: {notReadySeconds: 60, silentSeconds: 60}
              workload:
                {{Workload.Trim().ReplaceLineEndings("\n    ")}}
            """;
        var ran = await shell.RunAsync("quote", "-f", shell.Write("web.yaml", request), "-o", "json");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal("1000000", Assert.Single(JsonDocument.Parse(ran.Out).RootElement.GetProperty("items").EnumerateArray()).GetProperty("deposit").GetString());
        Assert.Contains("spec.escrow.topUp, spec.failover are what a tenant's operator does: a lease of this command is neither topped up nor replaced.", ran.Error, StringComparison.Ordinal);

        foreach (var (place, reason) in new[] { ($"deny: [\"{world.Provider.ToLowerInvariant()}\"]", "Denied"), ("allow: [\"0x00000000000000000000000000000000000000aa\"]", "NotAllowed"), ("capabilities: \"0x8000\"", "CapabilityMissing"), ($"minStake: \"1{new string('0', 60)}\"", "StakeTooLow") })
        {
            var refused = await shell.RunAsync("quote", "-f", shell.Write("web.yaml", request.Replace("deny: []", place, StringComparison.Ordinal)));
            Assert.True(refused.Code == ExitCodes.Refused, refused.ToString());
            Assert.Contains($"{reason}: it was not asked", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DatacenterThatSaysNo_IsRefused_WithItsReason()
    {
        var file = shell.Write("web.yaml", Workload);
        try
        {
            world.Refusal = QuoteResult.Refuse("InsufficientCpu", "No node has 500m free.");
            var ran = await shell.RunAsync("quote", "-f", file);
            Assert.Equal(ExitCodes.Refused, ran.Code);
            Assert.Contains("InsufficientCpu: No node has 500m free.", ran.Error, StringComparison.Ordinal);
        }
        finally
        {
            world.Refusal = null;
        }

        Assert.Contains("OtherRegion", (await shell.RunAsync("quote", "-f", file, "--region", "us-east")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WalletWithoutTokens_IsUnderfunded()
    {
        using var poor = world.NewShell(account: 0);
        var ran = await poor.RunAsync("create", "-f", poor.Write("web.yaml", Workload), "--yes");
        Assert.Equal(ExitCodes.Underfunded, ran.Code);
        Assert.Contains("lack", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WalletThatGaveNoLeave_GivesItForTheEscrow_WhereSomebodySaysSo()
    {
        var (market, who) = (world.Market, Anvil.Signer(4).Address);
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, who, 1_000_000, default);
        using var fresh = world.NewShell(account: 4);
        var file = fresh.Write("web.yaml", Workload);
        var kept = await fresh.RunAsync("create", "-f", file, "--yes");
        Assert.Equal(ExitCodes.Underfunded, kept.Code);
        Assert.Contains("give it leave for that sum with --approve", kept.Error, StringComparison.Ordinal);

        var rented = await fresh.RunAsync("create", "-f", file, "--yes", "--approve", "--timeout", "120s", "-o", "json");
        Assert.True(rented.Code == 0, rented + world.Fault);
        Assert.Contains("The Vault may pull 0.002426 ", rented.Error, StringComparison.Ordinal);
        Assert.Equal("2426", JsonDocument.Parse(rented.Out).RootElement.GetProperty("deposit").GetString());
        // No more than that: nothing is left that the Vault might pull.
        Assert.Equal(0, await market.Anvil.Client.CallAsync(market.Token, new AllowanceFunction { Owner = who, Spender = market.Contracts.Vault }));
        Assert.Equal(1_000_000 - 2_426, await market.Anvil.Client.CallAsync(market.Token, new BalanceOfFunction { Account = who }));
        var wide = await fresh.RunAsync("get", "-o", "wide");
        foreach (var part in new[] { world.Provider, who.ToString(), "lease-" }) Assert.Contains(part, wide.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Provider, (await fresh.RunAsync("get")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramThatDoesNotSayYes_BuysNothing()
    {
        var before = (await LeasesAsync()).Count;
        var file = shell.Write("web.yaml", Workload);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("create", "-f", file)).Code);
        (shell.IsTerminal, shell.Input) = (true, "n\n");
        Assert.Equal(ExitCodes.Failed, (await shell.RunAsync("create", "-f", file, "-q")).Code);
        Assert.Equal(before, (await LeasesAsync()).Count);
        // What a yes agrees to is all in the question.
        var asked = await shell.RunAsync("create", "-f", file);
        foreach (var part in new[] { "0.00226 ", "0.00005 ", "0.0001 ", "0.00002 ", "an hour at full load", "to start", "at least", "for giving it up before it runs", "1m notice", "go into escrow", "100 %", "nobody rules" })
            Assert.Contains(part, asked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lease_IsRentedDeliveredLookedAtExtendedAndClosed()
    {
        // 1. Rented, delivered, waited for.
        var created = await shell.RunAsync("create", "-f", shell.Write("web.yaml", Workload), "--yes", "--wait", "--timeout", "120s", "-o", "json");
        Assert.True(created.Code == 0, created + world.Fault);
        var id = LeaseId.Parse(JsonDocument.Parse(created.Out).RootElement.GetProperty("id").GetString()!);
        foreach (var line in new[] { "1 of 1 datacenters made an offer", "is rented.", "The workload is delivered.", "It is ready." }) Assert.Contains(line, created.Error, StringComparison.Ordinal);
        Assert.Equal("web", (string?)(await world.ReadAsync(id))["spec"]!["workload"]!["services"]![0]!["name"]);

        // 2. Delivered again, as after an interrupted create; another workload is not taken.
        Assert.Equal(0, (await shell.RunAsync("create", "-f", shell.PathOf("web.yaml"), "--lease", id.Hex[..14])).Code);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("create", "-f", shell.Write("other.yaml", Workload.Replace("500m", "400m", StringComparison.Ordinal)), "--lease", id.Hex)).Code);

        // 3. Explained, by the datacenter's own words.
        var explained = await shell.RunAsync("explain", id.Hex[..14]);
        Assert.True(explained.Code == 0, explained.ToString());
        Assert.Contains("Scheduled is False (InsufficientCpu): No node has 500m free.", explained.Out, StringComparison.Ordinal);
        Assert.Contains("price book comes to 0.00226 ", explained.Out, StringComparison.Ordinal);

        // 4. kubectl, by a context that signs in by itself.
        var login = await shell.RunAsync("login", id.Hex[..14]);
        Assert.True(login.Code == 0, login.ToString());
        Assert.StartsWith("federation-", login.Out, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(shell.PathOf(".cache/federation/credentials"))) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var logs = await shell.RunAsync("logs", id.Hex[..14]);
        Assert.True(logs.Code == 0, logs.ToString());
        Assert.Contains("No resources found", logs.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.NotFound, (await shell.RunAsync("shell", id.Hex[..14])).Code);
        // Its exit code is passed on.
        Assert.Equal(1, (await shell.RunAsync("top", id.Hex[..14])).Code);

        // 5. More escrow, and a longer term.
        var extended = await shell.RunAsync("extend", id.Hex, "--amount", "1.5", "--duration", "1h", "--yes", "-o", "json");
        Assert.True(extended.Code == 0, extended.ToString());
        Assert.Equal(7_200, JsonDocument.Parse(extended.Out).RootElement.GetProperty("durationSeconds").GetInt32());
        Assert.True(long.Parse(JsonDocument.Parse(extended.Out).RootElement.GetProperty("escrow").GetString()!, null) > 1_500_000);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("extend", id.Hex)).Code);

        // 6. Closed with notice; the refund is shown.
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("close", id.Hex)).Code);
        var closing = await shell.RunAsync("close", id.Hex, "--yes");
        Assert.True(closing.Code == 0, closing.ToString());
        Assert.Contains("what is not used until then comes back", closing.Error, StringComparison.Ordinal);
        await world.Market.Anvil.PassAsync(61);
        await world.SettleFinallyAsync((await LeasesAsync()).Single(l => l.Id == id));
        var closed = await shell.RunAsync("close", id.Hex, "--yes", "--wait", "-o", "json");
        Assert.True(closed.Code == 0, closed.ToString());
        Assert.Equal("Closed", JsonDocument.Parse(closed.Out).RootElement.GetProperty("state").GetString());
        var refund = long.Parse(JsonDocument.Parse(closed.Out).RootElement.GetProperty("refund").GetString()!, null);
        Assert.True(refund > 1_500_000);

        // 7. What came back is taken out of the Vault, and no more than that.
        var before = await BalanceAsync("balance");
        Assert.True(before.Vault >= refund);
        var tooMuch = await shell.RunAsync("withdraw", "1000000000");
        Assert.Equal(ExitCodes.Underfunded, tooMuch.Code);
        Assert.Contains("comes back when they end", tooMuch.Error, StringComparison.Ordinal);
        var one = await BalanceAsync("withdraw", "0.000001");
        Assert.Equal((before.Vault - 1, before.Beside + 1), one);
        Assert.Equal((0, before.Beside + before.Vault), await BalanceAsync("withdraw"));
        Assert.Equal(ExitCodes.Underfunded, (await shell.RunAsync("withdraw")).Code);
    }

    // A person reads, an approval waits for its block: as long as an offer holds.
    [Fact]
    public async Task OfferThatIsAllButOver_IsAskedForAgain_AndThePersonOnlyWhereItIsDearer()
    {
        var (file, before, asked) = (shell.Write("web.yaml", Workload), (await LeasesAsync()).Count, world.Asked);
        shell.IsTerminal = true;
        try
        {
            world.Offers = o => world.Asked == asked + 1 ? o with { ExpiresAt = Soon() } : o;
            shell.Input = "y\n";
            var rented = await shell.RunAsync("create", "-f", file, "--timeout", "120s");
            Assert.True(rented.Code == 0, rented + world.Fault);
            Assert.Equal((2, before + 1), (world.Asked - asked, (await LeasesAsync()).Count));

            asked = world.Asked;
            world.Offers = o => world.Asked == asked + 1 ? o with { ExpiresAt = Soon() } : o with { StartFee = o.StartFee + 1 };
            shell.Input = "y\nn\n";
            var dearer = await shell.RunAsync("create", "-f", file);
            Assert.Equal(ExitCodes.Failed, dearer.Code);
            Assert.Contains("It is not what it was. Rent ", dearer.Error, StringComparison.Ordinal);
            Assert.Equal(before + 1, (await LeasesAsync()).Count);
        }
        finally
        {
            world.Calm();
        }

        long Soon() => Math.Max(world.Market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest).GetAwaiter().GetResult() is { } block ? (long)block.Timestamp : 0, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()) + 18;
    }

    // The lease is paid for by then: what passes does not end the command.
    [Fact]
    public async Task SignInThatIsTurnedAwayForNow_DoesNotEndADelivery()
    {
        foreach (var reason in new[] { "NonceInvalid", "NonceInvalid", "TooManySignIns" }) world.TurnsAway.Enqueue(reason);
        var ran = await shell.RunAsync("create", "-f", shell.Write("web.yaml", Workload), "--yes", "--timeout", "120s");
        Assert.True(ran.Code == 0, ran + world.Fault);
        Assert.Empty(world.TurnsAway);
    }

    private async Task<(long Vault, long Beside)> BalanceAsync(params string[] args)
    {
        var ran = await shell.RunAsync([.. args, "-o", "json"]);
        Assert.True(ran.Code == 0, ran.ToString());
        var said = JsonDocument.Parse(ran.Out).RootElement;
        return (long.Parse(said.GetProperty("vault").GetString()!, null), long.Parse(said.GetProperty("beside").GetString()!, null));
    }

    [Fact]
    public async Task Kubectl_ThatIsMissing_HasACodeOfItsOwn()
    {
        shell.Variables["PATH"] = shell.Home;
        var ran = await shell.RunAsync("logs", "0x1234");
        Assert.Equal(ExitCodes.KubectlMissing, ran.Code);
        Assert.Contains("install it", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WalletWithoutALease_IsNotLetIn()
    {
        using var stranger = world.NewShell(account: 0);
        var ran = await stranger.RunAsync("login", "--provider", world.Provider);
        Assert.Equal(ExitCodes.Refused, ran.Code);
        Assert.Contains("is the tenant of no lease", ran.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(stranger.PathOf(".kube/config")));
    }

    [Fact]
    public async Task KeystoreThatDoesNotOpen_HasACodeOfItsOwn()
    {
        shell.Write("password", "another one");
        Assert.Equal(ExitCodes.WalletUnusable, (await shell.RunAsync("quote", "-f", shell.Write("web.yaml", Workload))).Code);
    }

    private Task<IReadOnlyList<ArchivedLease>> LeasesAsync() =>
        new EvmLeaseArchive(world.Market.Anvil.Client, world.Market.Contracts, 10_000, NullLogger<EvmLeaseArchive>.Instance).OfTenantAsync(world.Market.Tenant.Address, default);
}
