using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum.Keystore;

namespace Federation.Cli.Tests;

/// <summary>What is read of a real chain with the real contracts.</summary>
public sealed class ChainVerbTests(ChainVerbTests.Stage stage) : IClassFixture<ChainVerbTests.Stage>
{
    private static readonly string Root = "0x" + new string('7', 64);

    /// <summary>A chain with one datacenter, and a tenant who is at the shell, with three leases: reserved, settled, and closed.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        internal Market Market { get; private set; } = null!;

        internal Shell Shell { get; } = new();

        internal MatchedLease Reserved { get; private set; } = null!;

        internal MatchedLease Settled { get; private set; } = null!;

        internal MatchedLease Closed { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Market = await Market.OpenAsync();
            (Reserved, Settled, Closed) = (await Market.MatchAsync(), await Market.MatchAsync(), await Market.MatchAsync());
            await Market.Transactions().SubmitAsync([new ActivateIntent(Settled.Id, Settled.Terms)], default);
            await Market.Anvil.PassAsync(60);
            var now = (long)(await Market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp;
            var receipt = new Receipt(Settled.Id, 1, now, new UsageVector(36_000, 2_048, 0, 0, 0, 0), 0, Root, false);
            Assert.Null(Assert.Single(await Market.Transactions().SubmitAsync([new SettleIntent(Settled.Id, Settled.Terms, receipt)], default)).Error);
            await Market.Tenant.CloseAsync(Closed.Id, Closed.Terms, default);
            Settle(Shell, Market, 3);
        }

        public async ValueTask DisposeAsync()
        {
            Shell.Dispose();
            await Market.DisposeAsync();
        }
    }

    [Fact]
    public async Task Datacenters_AreThoseOfTheRegistry()
    {
        var ran = await stage.Shell.RunAsync("datacenters", "-o", "wide");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains($"{stage.Market.Provider.Writer.Address}", ran.Out, StringComparison.Ordinal);
        Assert.Contains("eu-central", ran.Out, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8080", ran.Out, StringComparison.Ordinal);
        Assert.Equal("", (await stage.Shell.RunAsync("datacenters", "--region", "elsewhere")).Out);
        Assert.Equal($"datacenter/{stage.Market.Provider.Writer.Address}\n", (await stage.Shell.RunAsync("datacenters", "-o", "name")).Out);
    }

    [Fact]
    public async Task Get_ListsTheWalletsLeases_OpenOnesUnlessAllAreAskedFor_WithoutOpeningTheKeystore()
    {
        File.WriteAllText(stage.Shell.PathOf("password"), "another one");
        var open = await stage.Shell.RunAsync("get", "-o", "name");
        File.WriteAllText(stage.Shell.PathOf("password"), Password);
        Assert.Equal($"lease/{stage.Reserved.Id}\nlease/{stage.Settled.Id}\n", open.Out);
        var all = JsonDocument.Parse((await stage.Shell.RunAsync("get", "--all", "-o", "json")).Out).RootElement.GetProperty("items");
        Assert.Equal(["Reserved", "Active", "Closed"], all.EnumerateArray().Select(l => l.GetProperty("state").GetString()));
        Assert.Equal(stage.Settled.Id.Namespace, all[1].GetProperty("namespace").GetString());
    }

    [Fact]
    public async Task Lease_IsFoundByItsIdItsFirstDigitsAndItsNamespace()
    {
        var id = stage.Settled.Id;
        foreach (var named in new[] { new[] { id.Hex }, [id.Hex[..14]], [id.Hex[2..12]], [id.Namespace], ["-n", id.Namespace] })
        {
            var ran = await stage.Shell.RunAsync(["get", .. named, "-o", "yaml"]);
            Assert.True(ran.Code == 0, ran.ToString());
            Assert.Contains($"id: {id}", ran.Out.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.NotFound, (await stage.Shell.RunAsync("get", Root)).Code);
        Assert.Equal(ExitCodes.NotFound, (await stage.Shell.RunAsync("get", "0x0000000001")).Code);
        Assert.Equal(ExitCodes.Usage, (await stage.Shell.RunAsync("get", "my-lease")).Code);
        Assert.Equal(ExitCodes.Usage, (await stage.Shell.RunAsync("describe")).Code);
    }

    [Fact]
    public async Task Describe_SaysWhatTheChainHas()
    {
        var ran = await stage.Shell.RunAsync("describe", stage.Settled.Id.Hex);
        Assert.True(ran.Code == 0, ran.ToString());
        foreach (var line in new[] { "State:            Active", "Reserves:         cpu 1000m, memory 1024Mi", "Put in:           10 ", "Settled:          1 times" })
            Assert.Contains(line, ran.Out, StringComparison.Ordinal);
        var closed = await stage.Shell.RunAsync("describe", stage.Closed.Id.Hex);
        Assert.Contains("Closed (Tenant)", closed.Out, StringComparison.Ordinal);
        // The reservation fee is what giving it back costs.
        Assert.Contains("refunded 9.99998 ", closed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_IsThatOfTheLastSettlement_Priced()
    {
        var meters = JsonDocument.Parse((await stage.Shell.RunAsync("usage", stage.Settled.Id.Hex, "-o", "json")).Out).RootElement.GetProperty("items").EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!);
        Assert.Equal(("36000", "36000"), (meters["cpuMilliSeconds"].GetProperty("used").GetString(), meters["cpuMilliSeconds"].GetProperty("cost").GetString()));
        Assert.Equal("1024", meters["memoryMiBSeconds"].GetProperty("cost").GetString());
        var ran = await stage.Shell.RunAsync("usage", stage.Settled.Id.Hex);
        Assert.Contains("0.01 core-hours", ran.Out, StringComparison.Ordinal);
        Assert.Contains("By settlement 1 on chain.", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoice_WithoutEvidence_IsNone_UnlessNobodyAsksForIt()
    {
        var ran = await stage.Shell.RunAsync("invoice", stage.Settled.Id.Hex);
        Assert.Equal(ExitCodes.GatewayUnreachable, ran.Code);
        Assert.Equal("", ran.Out);
        var unverified = await stage.Shell.RunAsync("invoice", stage.Settled.Id.Hex, "--unverified");
        Assert.True(unverified.Code == 0, unverified.ToString());
        Assert.Contains("Evidence NOT checked.", unverified.Out, StringComparison.Ordinal);
        // Start fee, CPU and memory.
        Assert.Contains("0.037074 ", unverified.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leases_AreThoseOfTheProvider()
    {
        var ran = await stage.Shell.RunAsync("leases", "--provider", stage.Market.Provider.Writer.Address.ToString(), "-o", "name");
        Assert.Equal($"lease/{stage.Reserved.Id}\nlease/{stage.Settled.Id}\n", ran.Out);
        Assert.Equal("", (await stage.Shell.RunAsync("leases")).Out);
    }

    [Fact]
    public async Task Explain_AnswersBothQuestions_AlsoWhereTheDatacenterIsAway()
    {
        var ran = await stage.Shell.RunAsync("explain", stage.Reserved.Id.Hex);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("On chain it is reserved", ran.Out, StringComparison.Ordinal);
        Assert.Contains("The datacenter cannot be asked", ran.Out, StringComparison.Ordinal);
        Assert.Contains("cpu 1000m: 3.6 ", ran.Out, StringComparison.Ordinal);
        Assert.Contains("price book of today cannot be read", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChainThatIsAway_OrAnother_HasACodeOfItsOwn()
    {
        using var other = new Shell();
        Settle(other, stage.Market, 3);
        other.Variables["FEDERATION_CHAIN_ID"] = "1";
        var wrong = await other.RunAsync("get");
        Assert.Equal(ExitCodes.ChainUnreachable, wrong.Code);
        Assert.Contains("is of chain 31337, chain.chainId is 1", wrong.Error, StringComparison.Ordinal);
        other.Variables["FEDERATION_RPC_URL"] = "http://127.0.0.1:1";
        Assert.Equal(ExitCodes.ChainUnreachable, (await other.RunAsync("datacenters")).Code);
    }

    [Fact]
    public async Task GatewaysThatDoNotAnswer_HaveACodeOfTheirOwn()
    {
        var ran = await stage.Shell.RunAsync("offers");
        Assert.Equal(ExitCodes.GatewayUnreachable, ran.Code);
        Assert.Contains(stage.Market.Provider.Writer.Address.ToString(), ran.Error, StringComparison.Ordinal);
    }

    internal const string Password = "of the tenant";

    /// <summary>Gives a shell the chain, and the wallet of one of Anvil's accounts.</summary>
    /// <param name="wallet">Of the settings, instead of the account's keystore.</param>
    internal static void Settle(Shell shell, Market market, int account, string? wallet = null)
    {
        market.Contracts.Save(shell.PathOf("chain.json"));
        shell.Write("keystore.json", KeystoreFile.Encrypt(Anvil.Signer(account), Password, 1 << 12));
        shell.Write("password", Password);
        wallet ??= $"{{keystoreFile: {shell.PathOf("keystore.json")}, passwordFile: {shell.PathOf("password")} }}";
        shell.Write(".config/federation/config.yaml", $$"""
            chain: {rpcUrl: "{{market.Anvil.Url}}", chainId: {{Market.ChainId}}, deploymentFile: {{shell.PathOf("chain.json")}} }
            wallet: {{wallet}}
            gateways: {allowHttp: true}
            """);
    }
}
