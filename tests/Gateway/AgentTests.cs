using Federation.Application.Countersigning;
using Federation.Chain;
using Federation.Chain.Signing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum;
using Federation.Ethereum.Signing;
using Federation.Metrics.Evidence;
using Federation.Metrics.Tenant;
using Federation.Testing.Builders;

namespace Federation.Gateway.Tests;

/// <summary>The tenant's agent with a real key, files of its own and a real gateway: what it signs is what the operator settles with.</summary>
public sealed class AgentTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("agent-").FullName;

    private RecordGateway gateway = null!;

    private Receipt receipt = null!;

    public async ValueTask InitializeAsync()
    {
        gateway = await RecordGateway.StartAsync();
        EvidenceCheck.Verify(RecordGateway.Lease, RecordGateway.Windows.SelectMany(w => w.Lines), new KeccakHasher().Keccak256, out var after);
        receipt = new Receipt(RecordGateway.Lease, 1, after!.ThroughMs / 1000, after.ToVector(), 0, RecordGateway.Windows[^1].Root, IsFinal: false);
        gateway.Receipts.Agree(RecordGateway.Lease, receipt, [], receipt.Through);
        await ReadAsync(receipt.Usage.CpuMilliSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task WhatItSigns_IsWhatTheOperatorSettlesWith_AlsoAfterBothWereStartedAnew()
    {
        Assert.Equal(receipt, (await Agent(RecordGateway.Session).RoundAsync(default)).Receipt);
        Assert.Equal(RecordGateway.Countersign(receipt, RecordGateway.Session), Settled().TenantSignature);
        // The operator was started anew, and knows of no signature.
        gateway.Receipts.Forget(RecordGateway.Lease);
        Assert.Equal("", Settled().TenantSignature);
        Assert.Equal(receipt, (await Agent(RecordGateway.Session).RoundAsync(default)).Receipt);
        Assert.Equal(RecordGateway.Countersign(receipt, RecordGateway.Session), Settled().TenantSignature);
        // Its copy is what an arbiter is shown.
        var copy = new FolderEvidence(new EvidenceOptions { Folder = folder });
        Assert.Equal(RecordGateway.Windows.Select(w => w.Root), (await copy.ListAsync(RecordGateway.Lease, default)).Select(w => w.Root));
    }

    [Fact]
    public async Task MoreThanItRead_ItDoesNotSign()
    {
        await ReadAsync(receipt.Usage.CpuMilliSeconds * 0.97);
        Assert.Contains("cpuMilliSeconds are claimed", (await Agent(RecordGateway.Tenant).RoundAsync(default)).Message, StringComparison.Ordinal);
        Assert.Equal("", Settled().TenantSignature);
    }

    [Fact]
    public async Task NumberThatGoesBack_ItDoesNotSign_AlsoAfterARestart()
    {
        var later = receipt with { Seq = 2 };
        gateway.Receipts.Agree(RecordGateway.Lease, later, [], later.Through);
        Assert.NotNull((await Agent(RecordGateway.Tenant).RoundAsync(default)).Receipt);
        gateway.Receipts.Agree(RecordGateway.Lease, receipt, [], receipt.Through);
        Assert.Contains("2 was signed before", (await Agent(RecordGateway.Tenant).RoundAsync(default)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chain")]
    [InlineData("contract")]
    [InlineData("operator")]
    public async Task WhatIsNotOfItsChainContractAndProvider_ItDoesNotSign(string other)
    {
        var domain = other switch
        {
            "chain" => RecordGateway.Domain with { ChainId = 5 },
            "contract" => RecordGateway.Domain with { LeaseManager = Address.Zero },
            _ => RecordGateway.Domain,
        };
        var round = await Agent(RecordGateway.Tenant, new TenantKey(RecordGateway.Tenant, domain, other == "operator" ? RecordGateway.Stranger.Address : null)).RoundAsync(default);
        Assert.Null(round.Receipt);
        Assert.Contains(other switch { "chain" => "is for chain 31337", "contract" => "is for the contract", _ => "is not signed by" }, round.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyThatIsNotTheTenants_GetsNothing() =>
        Assert.Contains("NotYours", (await Assert.ThrowsAsync<GatewayException>(() => Agent(RecordGateway.Stranger).RoundAsync(default))).Message, StringComparison.Ordinal);

    private Task ReadAsync(double cpu) => File.WriteAllTextAsync(Path.Combine(folder, "readings"), string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""
        {"atMs":0,"cpuMilliSeconds":0}
        {"atMs":{{receipt.Through * 1000}},"cpuMilliSeconds":{{cpu}}}
        """));

    private SettleIntent Settled() => Assert.IsType<SettleIntent>(Assert.Single(
        gateway.Receipts.Agree(RecordGateway.Lease, receipt, [new SettleIntent(RecordGateway.Lease, Some.Terms, receipt) { Urgency = SettleUrgency.Due }], receipt.Through)));

    private Countersigner Agent(LocalSigner who, TenantKey? key = null) => new(
        new CountersignTerms(RecordGateway.Lease, 0.02, [.. CountersignRules.Meters(receipt.Usage).Select(m => m.Name)], TimeSpan.Zero), gateway.Client(who), new ReadingFile(Path.Combine(folder, "readings")),
        key ?? new TenantKey(who, RecordGateway.Domain, RecordGateway.Provider.Address), new SignedReceiptFile(folder, RecordGateway.Lease), new FolderEvidence(new EvidenceOptions { Folder = folder }), new KeccakHasher(), gateway.Clock);
}
