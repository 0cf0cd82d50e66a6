using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum.Client;
using Federation.Ethereum.Signing;
using Federation.Gateway;
using Federation.Host.Tenancy;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Host.Tests.Tenancy;

/// <summary>What a tenant's operator has of a lease's usage beside the word of its datacenter, which may be anybody's.</summary>
public sealed class UsageProofsTests : IAsyncLifetime
{
    private readonly FakeClock clock = new();
    private readonly List<UsageProofs> opened = [];
    private PlayedDatacenter datacenter = null!;

    private static LeaseId Lease => Some.LeaseId(1);

    private static IReadOnlyList<WindowEvidence> Windows { get; } = SealedWindows.Three(new KeccakHasher().Keccak256);

    private static string Root => Windows[^1].Root;

    private IEnumerable<string> WindowsAsked => datacenter.Asked.Where(a => a.Contains("/evidence/", StringComparison.Ordinal));

    public async ValueTask InitializeAsync() => datacenter = await PlayedDatacenter.StartAsync(clock);

    public async ValueTask DisposeAsync()
    {
        foreach (var proofs in opened) proofs.Dispose();
        await datacenter.DisposeAsync();
    }

    [Fact]
    public async Task Evidence_IsFoldedAnew_AndWhatWasHandedOverIsNotAskedForAgain()
    {
        var proofs = Proofs();
        datacenter.Answer = context => HandAsync(context, root => Windows.Single(w => w.Root == root).Lines);
        Assert.Equal(2_000, (await ReadAsync(proofs, Windows[0].Root)).Measured!.ThroughMs);
        var shown = await ReadAsync(proofs, Root);
        Assert.Equal((4_000, null, false), (shown.Measured!.ThroughMs, shown.Why, shown.IsFalse));
        Assert.Same(shown, await ReadAsync(proofs, Root));
        Assert.Equal(Windows.Select(w => $"GET /v1/leases/{Lease}/evidence/{w.Root}").Order(), WindowsAsked.Order());
        // No receipt is to come, and no settlement has named any.
        Assert.Equal(ShownUsage.None, await ReadAsync(proofs, null));
    }

    [Fact]
    public async Task EvidenceThatIsAnother_OrIsWithheld_IsToldApart_AndAskedForAgain()
    {
        var proofs = Proofs();
        datacenter.Answer = context => HandAsync(context, _ => Windows[0].Lines);
        var other = await ReadAsync(proofs, Root);
        Assert.Equal((null, true), (other.Measured, other.IsFalse));
        Assert.Contains("does not hash to it", other.Why, StringComparison.Ordinal);
        datacenter.Answer = context => HandAsync(context, root => root == Root ? Windows[^1].Lines : null);
        var withheld = await ReadAsync(proofs, Root);
        Assert.Equal((null, false), (withheld.Measured, withheld.IsFalse));
        Assert.Contains("does not hand over the window", withheld.Why, StringComparison.Ordinal);
        datacenter.Answer = context => PlayedDatacenter.SayAsync(context, 200, "{");
        Assert.StartsWith("The evidence cannot be read: ", (await ReadAsync(proofs, Root)).Why, StringComparison.Ordinal);
        datacenter.Answer = context => HandAsync(context, root => Windows.Single(w => w.Root == root).Lines);
        Assert.NotNull((await ReadAsync(proofs, Root)).Measured);
    }

    // It may hold an answer back for as long as it likes, and others wait for the look.
    [Fact]
    public async Task DatacenterThatHoldsItsAnswerBack_IsNotWaitedFor()
    {
        var proofs = Proofs();
        datacenter.Stalls = path => path.EndsWith(Windows[0].Root, StringComparison.Ordinal);
        datacenter.Answer = context => HandAsync(context, root => Windows.Single(w => w.Root == root).Lines);
        var reading = ReadAsync(proofs, Root);
        while (WindowsAsked.Count() < 3) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.False(reading.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Contains("within 20 s", (await reading).Why, StringComparison.Ordinal);

        // What came by then is kept.
        datacenter.Stalls = _ => false;
        Assert.NotNull((await ReadAsync(proofs, Root)).Measured);
        Assert.Equal(4, WindowsAsked.Count());
    }

    [Fact]
    public async Task EndpointThatIsNotHttps_IsNotSentTheWalletsWord()
    {
        Assert.Contains("no https address", (await ReadAsync(Proofs(allowHttp: false), Root)).Why, StringComparison.Ordinal);
        Assert.Empty(datacenter.Asked);
    }

    [Fact]
    public async Task LastSettlement_AndTheRootThatOneNamedLast_ComeFromTheChain()
    {
        await using var market = await Market.OpenAsync();
        var lease = await market.MatchAsync();
        var proofs = Proofs(market: market);
        Assert.Null(await ProofAsync());
        Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        await SettleAsync(1, 1_000, Root);
        Assert.Equal((1_000ul, Root), await ProofAsync());
        // The second names none: what was named before is to be shown all the same.
        await SettleAsync(2, 2_000, Receipt.NoEvidence);
        Assert.Equal((2_000ul, Root), await ProofAsync());

        async Task SettleAsync(uint seq, ulong cpu, string root)
        {
            var now = (long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
            var receipt = new Receipt(lease.Id, seq, now, UsageVector.Zero with { CpuMilliSeconds = cpu }, 0, root, false);
            Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new SettleIntent(lease.Id, lease.Terms, receipt)], default)).Error);
        }

        async Task<(ulong, string?)?> ProofAsync()
        {
            var latest = await market.Anvil.Client.GetBlockNumberAsync();
            var seen = Assert.Single(await market.Ledger().ReadLeasesAsync([new LeaseReference(lease.Id, lease.Terms)], latest, default));
            var proof = await proofs.ReadSettledAsync(lease.Id, seen, lease.Block, latest, default);
            Assert.Same(proof, await proofs.ReadSettledAsync(lease.Id, seen, lease.Block, latest, default));
            return proof is null ? null : (proof.Last.Usage.CpuMilliSeconds, proof.EvidenceRoot);
        }
    }

    private static Task HandAsync(HttpContext context, Func<string, IReadOnlyList<string>?> lines)
    {
        var path = context.Request.Path.Value!;
        if (!path.EndsWith("/receipt", StringComparison.Ordinal) && lines(path[(path.LastIndexOf('/') + 1)..]) is { } window) return PlayedDatacenter.SayAsync(context, 200, string.Join('\n', window) + "\n");
        return PlayedDatacenter.SayAsync(context, 404, "{}");
    }

    private Task<ShownUsage> ReadAsync(UsageProofs proofs, string? root) => proofs.ReadShownAsync(datacenter.Endpoint.AbsoluteUri, Lease, root, default);

    private UsageProofs Proofs(bool allowHttp = true, Market? market = null)
    {
        var archive = market is null ? null! : new EvmLeaseArchive(market.Anvil.Client, market.Contracts, 2_000, NullLogger<EvmLeaseArchive>.Instance);
        var proofs = new UsageProofs(archive, LocalSigner.Generate(), 31337, new QuoteDeskOptions { AllowHttp = allowHttp }, new KeccakHasher(), clock);
        opened.Add(proofs);
        return proofs;
    }
}
