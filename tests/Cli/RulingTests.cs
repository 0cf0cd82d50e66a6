using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Cli.Tests;

/// <summary>An arbiter with a node of the chain and a file, on the real contracts: no datacenter is there to be asked. What it is told it rules, and the money goes there.</summary>
public sealed class RulingTests : IAsyncLifetime
{
    private static readonly UsageVector Nothing = UsageVector.Zero;

    private readonly Shell shell = new();

    private Market market = null!;

    private DisputeDesk Tenant => new(market.TenantWriter, market.Contracts);

    private DisputeDesk Court => new(market.Deployer.Writer, market.Contracts);

    public async ValueTask InitializeAsync()
    {
        market = await Market.OpenAsync();
        ChainVerbTests.Settle(shell, market, 0);
    }

    public ValueTask DisposeAsync()
    {
        shell.Dispose();
        return market.DisposeAsync();
    }

    [Fact]
    public async Task TrueClaim_IsTheProviders_AndAFileThatWasChanged_ShowsNothing()
    {
        var (lease, window) = await MeasureAsync();
        var used = Fold(lease, window);
        await SettleAsync(lease, 1, used, window.Root);
        var file = await WriteAsync(window.Lines);
        string[] look = ["evidence", lease.Id.Hex, "--verify", file];

        var ran = await shell.RunAsync(look);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains($"windows 1 to 1, which hash to the root of settlement 1, {window.Root}.", ran.Out, StringComparison.Ordinal);
        Assert.Contains("It is what was claimed.", ran.Out, StringComparison.Ordinal);
        Assert.Contains("nothing too much.", ran.Out, StringComparison.Ordinal);

        // The tenant says that nothing was used at all.
        var dispute = await Tenant.OpenAsync(lease.Id, lease.Terms, Nothing, 0, Bytes32.Zero, 100_000_000, Funding.Allowance, default);
        var gap = (await Tenant.ReadAsync(dispute, default)).Gap;
        var said = await FiguresAsync(ExitCodes.Ok, [.. look, "--dispute", $"{dispute}"]);
        Assert.Equal((gap, gap), (Amount(said, "inDispute"), Amount(said, "toProvider")));
        Assert.StartsWith($"cast send {market.Contracts.Disputes} 'rule(uint256,", said.GetProperty("command").GetString(), StringComparison.Ordinal);
        await Court.RuleAsync(dispute, lease.Terms, Amount(said, "toProvider"), default);
        Assert.Equal(BigInteger.Zero, (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).Disallowed);

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\"25\"", "\"26\"", StringComparison.Ordinal));
        var refused = await shell.RunAsync(look);
        Assert.Equal((ExitCodes.EvidenceDiffers, ""), (refused.Code, refused.Out));
        Assert.Contains("This is no evidence of what was settled. Line 1, window 1: its series are not those that it was closed with.", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.NotFound, (await shell.RunAsync([.. look, "--dispute", "9"])).Code);
        Assert.Equal(ExitCodes.NotFound, (await shell.RunAsync([.. look, "--settlement", "9"])).Code);
        foreach (var both in new string[][] { ["--export", file], ["--dispute", "1", "--settlement", "1"] }) Assert.Equal(ExitCodes.Usage, (await shell.RunAsync([.. look, .. both])).Code);
    }

    [Fact]
    public async Task ClaimAboveItsEvidence_IsThePayers_AndWhatCameAfterTheDispute_ChangesNothing()
    {
        var (lease, window) = await MeasureAsync();
        var used = Fold(lease, window);
        await SettleAsync(lease, 1, used with { CpuMilliSeconds = used.CpuMilliSeconds + 10_000 }, window.Root);
        string[] look = ["evidence", lease.Id.Hex, "--verify", await WriteAsync(window.Lines)];
        var above = await FiguresAsync(ExitCodes.EvidenceDiffers, look);
        Assert.Equal((10_000, false), (Amount(above, "tooMuch"), above.GetProperty("holds").GetBoolean()));
        Assert.StartsWith($"cast send {market.Contracts.Disputes} 'open(bytes32,", above.GetProperty("command").GetString(), StringComparison.Ordinal);

        // The tenant asks for more than is its own: of 15,000 the evidence gives it 10,000.
        var dispute = await Tenant.OpenAsync(lease.Id, lease.Terms, used with { CpuMilliSeconds = used.CpuMilliSeconds - 5_000 }, 0, Bytes32.Zero, 100_000_000, Funding.Allowance, default);
        await SettleAsync(lease, 2, used with { CpuMilliSeconds = used.CpuMilliSeconds + 11_000 }, "0x" + new string('7', 64));
        var said = await FiguresAsync(ExitCodes.EvidenceDiffers, [.. look, "--dispute", $"{dispute}"]);
        Assert.Equal((1, (BigInteger)15_000, (BigInteger)5_000), (said.GetProperty("settlement").GetInt32(), Amount(said, "inDispute"), Amount(said, "toProvider")));
        await Court.RuleAsync(dispute, lease.Terms, Amount(said, "toProvider"), default);
        Assert.Equal(10_000, (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).Disallowed);
        Assert.Contains("and settlement 2 names 0x7", (await shell.RunAsync([.. look, "--settlement", "2"])).Error, StringComparison.Ordinal);
    }

    // A minute of one pod that worked for 25 s by its cgroup's counter.
    private async Task<(MatchedLease Lease, WindowEvidence Window)> MeasureAsync()
    {
        var request = await market.RequestAsync() with { Arbiter = market.Deployer.Writer.Address.ToString() };
        var lease = await market.Tenant.MatchAsync(await market.QuoteAsync(request), request, "", default);
        Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        var from = (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).ActivatedAt * 1000;
        await market.Anvil.PassAsync(60);
        var (before, through) = (UsagePosition.StartingAt(from), from + 50_000);
        UsageSeries[] series = [new("pod-a", Meter.Cpu, "", [new(from + 1_000, 1), new(from + 20_000, 20), new(from + 45_000, 25)])];
        var folded = UsageFold.Fold(before, series, [], through, 90_000, new HashSet<string>(), fromMs: from, asOfMs: through);
        return (lease, new WindowRecord(lease.Id, 1, WindowRecord.NoRoot, before, from, series, [], [], [], default, 90_000, folded.Findings, folded.Position) { AsOfMs = through }.Seal(new KeccakHasher().Keccak256));
    }

    private async Task SettleAsync(MatchedLease lease, uint seq, UsageVector usage, string root)
    {
        var through = (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).ActivatedAt + 49 + seq;
        Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new SettleIntent(lease.Id, lease.Terms, new Receipt(lease.Id, seq, through, usage, 0, root, false))], default)).Error);
    }

    private async Task<string> WriteAsync(IEnumerable<string> lines)
    {
        var file = shell.PathOf("evidence.jsonl");
        await File.WriteAllLinesAsync(file, lines);
        return file;
    }

    private async Task<JsonElement> FiguresAsync(int code, string[] how)
    {
        var ran = await shell.RunAsync([.. how, "-o", "json"]);
        Assert.True(ran.Code == code, ran.ToString());
        return JsonDocument.Parse(ran.Out).RootElement;
    }

    private static BigInteger Amount(JsonElement said, string name) => BigInteger.Parse(said.GetProperty(name).GetString()!, null);

    private static UsageVector Fold(MatchedLease lease, WindowEvidence window)
    {
        Assert.Null(EvidenceCheck.Verify(lease.Id, window.Lines, new KeccakHasher().Keccak256, out var measured).Problem);
        Assert.Equal(25_000UL, measured!.ToVector().CpuMilliSeconds);
        return measured.ToVector();
    }
}
