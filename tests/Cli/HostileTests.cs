using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Verbs;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Gateway;
using Microsoft.Extensions.Logging.Abstractions;
using Market = Federation.Chain.Tests.Support.Market;

namespace Federation.Cli.Tests;

/// <summary>A datacenter that wants more than it says, a node that says what is not so, a credential that is good no more: what a tenant's money and leases come to.</summary>
[Collection(TenantWorldCollection.Name)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HostileTests : IDisposable
{
    private const string Workload = """
        services:
        - name: web
          image: registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          resources: {cpu: 500m, memory: 256Mi}

        """;

    private readonly TenantWorld world;
    private readonly Shell shell;
    private readonly string file;

    public HostileTests(TenantWorld world)
    {
        (this.world, shell) = (world, world.NewShell());
        file = shell.Write("web.yaml", Workload);
    }

    public void Dispose()
    {
        world.Calm();
        shell.Dispose();
    }

    [Fact]
    public async Task FeeForGivingALeaseUp_ThatIsMoreThanAPartOfTheDeposit_IsNotAgreedTo()
    {
        var before = (await LeasesAsync()).Count;
        world.Offers = o => o with { ReservationFee = PriceBook.Most, Prices = new Prices(1, 1, 0, 0, 0, 0) };
        Refused(await shell.RunAsync("create", "-f", file, "--yes"), "--max-reservation-fee allows more");
        Assert.Equal(before, (await LeasesAsync()).Count);

        // A fee that somebody said is agreed to, and shown.
        world.Offers = o => o with { ReservationFee = 1_000 };
        Refused(await shell.RunAsync("quote", "-f", file), "costs 0.001 ");
        var allowed = await shell.RunAsync("quote", "-f", file, "--max-reservation-fee", "0.001");
        Assert.True(allowed.Code == 0, allowed.ToString());
        Assert.Contains("RESERVATION FEE", allowed.Out, StringComparison.Ordinal);
        Assert.Contains("0.001 ", allowed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FeeForGivingALeaseUp_ThatAFlagAllows_IsAgreedTo_WhateverTheFileSays()
    {
        var request = shell.Write("request.yaml", $$"""
            kind: ComputeRequest
            spec:
              maxPrices: {cpu: "1000000", memory: "500000", storage: "0", egress: "0", gpuA: "0", gpuB: "0"}
              maxFees: {start: "50", minCharge: "100"}
              workload:
                {{Workload.Trim().ReplaceLineEndings("\n    ")}}
            """);
        Refused(await shell.RunAsync("quote", "-f", request), "--max-reservation-fee allows more");
        var allowed = await shell.RunAsync("quote", "-f", request, "--max-reservation-fee", "0.00002");
        Assert.True(allowed.Code == 0, allowed.ToString());
    }

    [Fact]
    public async Task CreditForDowntime_IsHeldToWhatTheTenantSaid()
    {
        world.Offers = o => o with { DowntimeBps = 4_050 };
        Refused(await shell.RunAsync("quote", "-f", file, "--min-downtime-credit", "50"), "a second of downtime is credited with 40.5 % of the full rate, at least 50 % has to be: --min-downtime-credit takes less");
        var taken = await shell.RunAsync("quote", "-f", file, "--min-downtime-credit", "40.5", "-o", "json");
        Assert.True(taken.Code == 0, taken.ToString());
        Assert.Equal(4_050, Assert.Single(JsonDocument.Parse(taken.Out).RootElement.GetProperty("items").EnumerateArray()).GetProperty("downtimeBps").GetInt32());
    }

    [Theory]
    [InlineData("quote")]
    [InlineData("create", "--yes")]
    public async Task CreditForDowntime_ThatTheManifestAsksFor_IsHeldTo_UntilAFlagSaysOtherwise(params string[] verb)
    {
        var request = shell.Write("request.yaml", $$"""
            kind: ComputeRequest
            spec:
              maxPrices: {cpu: "1000000", memory: "500000", storage: "0", egress: "0", gpuA: "0", gpuB: "0"}
              maxFees: {start: "50", minCharge: "100", reservation: "20"}
              minDowntimeBps: 5000
              workload:
                {{Workload.Trim().ReplaceLineEndings("\n    ")}}
            """);
        world.Offers = o => o with { DowntimeBps = 4_050 };
        Refused(await shell.RunAsync([.. verb, "-f", request]), "a second of downtime is credited with 40.5 % of the full rate, at least 50 % has to be");
        var allowed = await shell.RunAsync("quote", "-f", request, "--min-downtime-credit", "40");
        Assert.True(allowed.Code == 0, allowed.ToString());
        world.Offers = o => o with { DowntimeBps = 5_000 };
        Assert.Equal(0, (await shell.RunAsync("quote", "-f", request)).Code);
    }

    [Fact]
    public async Task PriceAndDeposit_AreHeldToWhatTheTenantSaid()
    {
        // 0.00226 an hour.
        Refused(await shell.RunAsync("quote", "-f", file, "--max-price", "0.002"), "--max-price is 0.002 ");
        Refused(await shell.RunAsync("quote", "-f", file, "--max-deposit", "0.002"), "--max-deposit is 0.002 ");
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("quote", "-f", file, "--deposit", "1", "--max-deposit", "0.5")).Code);
        var ran = await shell.RunAsync("quote", "-f", file, "--max-price", "0.003", "--max-deposit", "0.003");
        Assert.True(ran.Code == 0, ran.ToString());
        // Cheap by the hour, and dear to begin.
        world.Offers = o => o with { StartFee = 50_000_000 };
        Refused(await shell.RunAsync("quote", "-f", file, "--max-price", "0.003"), "more than --max-price allows for it");
        world.Offers = o => o with { MinCharge = 50_000_000 };
        Refused(await shell.RunAsync("quote", "-f", file, "--max-price", "0.003"), "more than --max-price allows for it");
    }

    [Fact]
    public async Task OfferThatIsNotWhatWasAskedFor_IsNone()
    {
        world.Offers = o => o with { NoticeSeconds = 50 * 86_400 };
        Refused(await shell.RunAsync("quote", "-f", file), "its notice is 50d, at most 1h may be");
        world.Offers = o => o with { Resources = o.Resources with { CpuMilli = 1 } };
        Refused(await shell.RunAsync("quote", "-f", file), "for less than was asked for");
        world.Offers = o => o with { Arbiter = world.Provider };
        Refused(await shell.RunAsync("quote", "-f", file), "under the arbiter");
        (world.Offers, world.Forges) = (null, o => o with { Terms = o.Terms with { Prices = new Prices(1, 1, 0, 0, 0, 0) } });
        Refused(await shell.RunAsync("quote", "-f", file), "is not signed by");
        world.Forges = o => o with { Token = "0x00000000000000000000000000000000000000aA" };
        Refused(await shell.RunAsync("quote", "-f", file), "the Offer is in the token 0x00000000000000000000000000000000000000aA");
        world.Forges = o => o with { Provider = "0x00000000000000000000000000000000000000aA" };
        Refused(await shell.RunAsync("quote", "-f", file), "the Offer is of 0x00000000000000000000000000000000000000aA");
    }

    [Fact]
    public async Task Escrow_FollowsFromWhatIsPublished_AndEachDatacenterIsAskedOnce()
    {
        // 1. A minute costs 37; the notice takes 38, and who ends a lease in time gets 77.
        world.Says = b => b with { StartFee = 5_000, MinCharge = 6_000 };
        world.Offers = o => o with { StartFee = 5_000, MinCharge = 6_000 };
        var asked = world.Asked;
        Assert.Equal((5_000 + 6_000 + 38 + 77 + 1, 60), await DepositAsync("1m"));
        Assert.Equal(asked + 1, world.Asked);

        // 2. Dearer than that because it is fuller: the escrow stays what it is, and pays for less of the term, which is said.
        world.Calm();
        world.Offers = o => o with { Prices = new Prices(2_000_000, 1_000_000, 0, 0, 0, 0) };
        var (deposit, lasts) = await DepositAsync("1h");
        Assert.Equal(50 + 2_260 + 38 + 77 + 1, deposit);
        Assert.InRange(lasts, 1_700, 1_800);
        var quote = await shell.RunAsync("quote", "-f", file);
        Assert.Contains("would go into escrow, which pay 29m", quote.Error, StringComparison.Ordinal);
        var whole = System.Text.RegularExpressions.Regex.Match(quote.Error, "--deposit ([0-9.]+) would pay all of it").Groups[1].Value;
        Assert.DoesNotContain("would pay all of it", (await shell.RunAsync("quote", "-f", file, "--deposit", whole)).Error, StringComparison.Ordinal);
        Assert.Contains("which pay 29m", (await shell.RunAsync("create", "-f", file)).Error, StringComparison.Ordinal);

        // 3. What its gateway says and nobody published or signed is no reason to put more in.
        (world.Offers, world.Says) = (null, b => b with { StartFee = 5_000_000 });
        Refused(await shell.RunAsync("quote", "-f", file), "by its gateway 5.0");
        (world.Says, world.Offers) = (null, o => o with { StartFee = 5_000, MinCharge = 6_000 });
        Assert.Contains("too little for its notice and fees", (await shell.RunAsync("quote", "-f", file, "--deposit", "0.005")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PriceBook_IsTheOneThatTheRegistryHas_OrIsNeitherShownNorUsed()
    {
        world.Says = b => b with { Cpu = 1_000_001 };
        Refused(await shell.RunAsync("quote", "-f", file), "is not the one that it published in the registry");
        var offers = await shell.RunAsync("offers");
        Assert.Equal((ExitCodes.GatewayUnreachable, ""), (offers.Code, offers.Out));
        Assert.Contains("is not the one that it published", offers.Error, StringComparison.Ordinal);
        // What it signs counts, whatever it shows.
        Assert.Equal(0, (await shell.RunAsync("quote", "-f", file, "--deposit", "1")).Code);
        world.Calm();
        var shown = await shell.RunAsync("offers", "-o", "json");
        Assert.True(JsonDocument.Parse(shown.Out).RootElement.GetProperty("items")[0].GetProperty("isPublished").GetBoolean());
        Assert.False(OfferRules.IsPublished("0x" + new string('0', 64)) || OfferRules.IsPublished(""));
    }

    [Fact]
    public async Task GatewayThatSaysNonsense_IsNoAnswer_AndNoFaultOfTheChain()
    {
        world.Says = b => b with { Cpu = BigInteger.Pow(10, 77) };
        Refused(await shell.RunAsync("quote", "-f", file), "amounts that no contract can hold");
        Assert.Equal(ExitCodes.GatewayUnreachable, (await shell.RunAsync("offers")).Code);
        world.Says = b => b with { Token = "0x00000000000000000000000000000000000000aA" };
        Refused(await shell.RunAsync("quote", "-f", file), "it sells in the token 0x00000000000000000000000000000000000000aA");
        Assert.Contains("it sells in the token", (await shell.RunAsync("offers")).Error, StringComparison.Ordinal);
        (world.Says, world.Offers) = (null, o => o with { ExpiresAt = (1L << 40) - 1 });
        var far = await shell.RunAsync("quote", "-f", file, "-o", "json");
        Assert.True(far.Code == 0, far.ToString());

        // Classes of no name, as JSON may have them.
        var info = new GatewayInfo("north", world.Provider, "", 1, "", "", [null!], Book(world.Market), 60, 600, 86_400);
        Assert.NotNull(OfferRules.FaultOf(info, world.Market.Token.ToString()));
        Assert.Null(OfferRules.FaultOf(info with { GpuClasses = ["a"] }, world.Market.Token.ToString()));
    }

    [Fact]
    public async Task NodeThatFails_MayHavePassedItOn_WhichIsLookedAt()
    {
        await using var relay = new Relay(new Uri(world.Market.Anvil.Url.ToString()));
        shell.Variables["FEDERATION_RPC_URL"] = (await relay.StartAsync()).ToString();
        relay.Passes = true;
        var before = (await LeasesAsync()).Count;
        var ran = await shell.RunAsync("create", "-f", file, "--yes", "--timeout", "120s");
        Assert.True(ran.Code == 0, ran + world.Fault);
        Assert.Equal(before + 1, (await LeasesAsync()).Count);

        relay.Passes = false;
        var lost = await shell.RunAsync("create", "-f", file, "--yes", "-q");
        Assert.Equal(ExitCodes.Timeout, lost.Code);
        Assert.Matches("Nobody knows yet whether lease 0x[0-9a-f]{64} is rented", lost.Error);
        Assert.Contains("do not create again", lost.Error, StringComparison.Ordinal);
        Assert.Equal(before + 1, (await LeasesAsync()).Count);
    }

    [Fact]
    public async Task LeaseThatIsPaid_IsNamedHoweverItsDeliveryEnds()
    {
        var rented = await shell.RunAsync("create", "-f", file, "--yes", "--wait", "--timeout", "120s");
        Assert.True(rented.Code == 0, rented + world.Fault);
        var lease = (await LeasesAsync())[^1];

        // A credential that its datacenter does not know any more is replaced.
        foreach (var kept in Directory.EnumerateFiles(shell.PathOf(".cache/federation/credentials")))
            File.WriteAllText(kept, System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(kept), "\"Token\":\"[^\"]*\"", "\"Token\":\"stale\""));
        var again = await shell.RunAsync("create", "-f", file, "--lease", lease.Id.Hex, "--timeout", "120s");
        Assert.True(again.Code == 0, again.ToString());

        // Interrupted.
        using StringWriter output = new(), error = new();
        var here = shell.Here(output, error);
        using var stopped = new CancellationTokenSource();
        using var call = new Call(CommandLine.Tree(here).Parse(["create", "-f", file, "-q"]), here, stopped.Token);
        await call.SignInAsync();
        await stopped.CancelAsync();
        var interrupted = await Assert.ThrowsAsync<CliException>(() => new Delivery(call, TimeSpan.FromSeconds(5)).RunAsync(lease, System.Text.Json.Nodes.JsonNode.Parse("{}")!, false));
        Assert.Equal(ExitCodes.Interrupted, interrupted.Code);
        Assert.Contains(lease.Id.Hex, interrupted.Message, StringComparison.Ordinal);

        // Refused for good: here by the registry, which has no such datacenter any more.
        using var going = new Call(CommandLine.Tree(here).Parse(["create", "-f", file, "-q"]), here, CancellationToken.None);
        var away = lease with { Terms = lease.Terms with { Provider = world.Market.Tenant.Address.ToString() } };
        var refused = await Assert.ThrowsAsync<CliException>(() => new Delivery(going, TimeSpan.FromSeconds(5)).RunAsync(away, System.Text.Json.Nodes.JsonNode.Parse("{}")!, false));
        Assert.Equal(ExitCodes.NotFound, refused.Code);
        Assert.Contains(lease.Id.Hex, refused.Message, StringComparison.Ordinal);

        // Reserved still: who gives it up pays, who waits does not.
        var reserved = lease with { Lease = lease.Lease with { State = LeaseState.Reserved } };
        var until = Output.Shown.Time(lease.Terms.ActivateBy);
        Assert.Contains($"wait until {until}", Delivery.Onward(reserved), StringComparison.Ordinal);
        var units = new Output.TokenUnits("TUSD", 6);
        Assert.Contains($"the reservation fee of 0.00002 TUSD; after {until}", CloseVerb.CostOf(reserved, units, lease.Terms.ActivateBy), StringComparison.Ordinal);
        Assert.Contains("the whole escrow comes back", CloseVerb.CostOf(reserved, units, lease.Terms.ActivateBy + 1), StringComparison.Ordinal);
        Assert.Equal("notice 1m", CloseVerb.CostOf(lease, units, 0));
    }

    [Fact]
    public async Task LongerTerm_IsNotPaidWithUsageThatNobodyCanHaveUsed()
    {
        var rented = await shell.RunAsync("create", "-f", file, "--yes", "--wait", "--timeout", "120s");
        Assert.True(rented.Code == 0, rented + world.Fault);
        var lease = (await LeasesAsync())[^1];

        // 1. More than is reserved: nothing is sent, the amount neither.
        world.Claims = a => a with { Usage = a.Usage with { CpuMilliSeconds = 500UL * 86_400 } };
        Refused(await shell.RunAsync("extend", lease.Id.Hex, "--amount", "1", "--duration", "1h", "--yes"), "It claims 43200000 cpuMilliSeconds, and what is reserved comes to");
        Assert.Equal((lease.Lease.Escrow, 3_600u), await StateAsync(lease.Id));

        // 2. What can be is shown, and asked about.
        world.Claims = a => a with { Usage = a.Usage with { CpuMilliSeconds = 500 } };
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("extend", lease.Id.Hex, "--duration", "1h")).Code);
        (shell.IsTerminal, shell.Input) = (true, "n\n");
        var asked = await shell.RunAsync("extend", lease.Id.Hex, "--amount", "1", "--duration", "1h");
        Assert.Equal(ExitCodes.Failed, asked.Code);
        foreach (var part in new[] { "cpuMilliSeconds", "by the last receipt", "are paid at once", "an hour at full load, as before", "Countersign that?" }) Assert.Contains(part, asked.Error, StringComparison.Ordinal);
        Assert.Equal((lease.Lease.Escrow, 3_600u), await StateAsync(lease.Id));

        // 3. Taken as it is, where somebody says so.
        world.Claims = a => a with { Usage = a.Usage with { CpuMilliSeconds = 500UL * 86_400 } };
        shell.IsTerminal = false;
        var taken = await shell.RunAsync("extend", lease.Id.Hex, "--duration", "1h", "--yes", "--accept-usage");
        Assert.True(taken.Code == 0, taken.ToString());
        Assert.Equal(7_200u, (await StateAsync(lease.Id)).Duration);

        // 4. On what is closing nothing is delivered any more.
        Assert.Equal(0, (await shell.RunAsync("close", lease.Id.Hex, "--yes")).Code);
        Refused(await shell.RunAsync("create", "-f", file, "--lease", lease.Id.Hex), "is Closing: nothing runs on it any more");
    }

    private static void Refused(Ran ran, string why)
    {
        Assert.True(ran.Code == ExitCodes.Refused, ran.ToString());
        Assert.Contains(why, ran.Error, StringComparison.Ordinal);
    }

    private static PriceBook Book(Market market) => new(market.Token.ToString(), 1, 1, 0, 0, new Dictionary<string, BigInteger>(), 0, 0, 0, 60, 600, 86_400, 0, 0, []);

    private async Task<(BigInteger Deposit, int Lasts)> DepositAsync(string term)
    {
        var ran = await shell.RunAsync("quote", "-f", file, "--duration", term, "-o", "json");
        Assert.True(ran.Code == 0, ran.ToString());
        var offer = JsonDocument.Parse(ran.Out).RootElement.GetProperty("items")[0];
        return (BigInteger.Parse(offer.GetProperty("deposit").GetString()!, null), offer.GetProperty("lastsSeconds").GetInt32());
    }

    private async Task<(BigInteger Escrow, uint Duration)> StateAsync(LeaseId id) => (await LeasesAsync()).Single(l => l.Id == id) is var lease ? (lease.Lease.Escrow, lease.Terms.DurationSeconds) : default;

    private Task<IReadOnlyList<ArchivedLease>> LeasesAsync() =>
        new EvmLeaseArchive(world.Market.Anvil.Client, world.Market.Contracts, 10_000, NullLogger<EvmLeaseArchive>.Instance).OfTenantAsync(world.Market.Tenant.Address, default);
}
