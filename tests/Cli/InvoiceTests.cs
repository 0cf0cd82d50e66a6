using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Cli.Verbs;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Cli.Tests;

/// <summary>An invoice is what its evidence comes to, or none.</summary>
public sealed class InvoiceTests
{
    private static readonly KeccakHasher Hasher = new();

    private static readonly IReadOnlyList<WindowEvidence> Windows = SealedWindows.Three(Hasher.Keccak256);

    private static readonly UsageVector Used = Fold(Windows);

    private static ArchivedLease Lease { get; } = new(Some.LeaseId(1), Some.Terms, ChainLease.Unknown with { State = LeaseState.Active }, 1, 1_000_000);

    [Fact]
    public async Task Settlement_ThatItsEvidenceShows_IsAccepted() => Assert.Null(await FaultAsync(Settled(Used)));

    [Fact]
    public async Task UsageThatTheEvidenceDoesNotShow_IsNamed() =>
        Assert.Contains("cpuMilliSeconds", await FaultAsync(Settled(Used with { CpuMilliSeconds = Used.CpuMilliSeconds + 1 })), StringComparison.Ordinal);

    [Fact]
    public async Task MoreThanThePricesGive_IsNamed() =>
        Assert.Contains("were claimed", await FaultAsync(Settled(Used) with { Claimed = Most + 1 }), StringComparison.Ordinal);

    [Fact]
    public async Task EvidenceThatIsNotThere_OrNotItself_IsNoInvoice()
    {
        Assert.Contains("does not hand over", await FaultAsync(Settled(Used) with { EvidenceRoot = "0x" + new string('1', 64) }), StringComparison.Ordinal);
        Assert.Contains("names no evidence", await FaultAsync(Settled(Used) with { EvidenceRoot = Receipt.NoEvidence }), StringComparison.Ordinal);
        var changed = Windows.Select((w, i) => i == 0 ? w with { Lines = [w.Lines[0], .. w.Lines.Skip(1).Select(l => l.Replace("1200", "1201", StringComparison.Ordinal))] } : w).ToArray();
        Assert.Contains("does not hash to it", await FaultAsync(Settled(Used), changed), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Amendment_WhichTheTenantSigned_StandsWithoutEvidence_AndWhatCameBeforeItIsCheckedStill()
    {
        var amended = Settled(Used with { CpuMilliSeconds = Used.CpuMilliSeconds + 5 }) with { Seq = 3, IsCountersigned = true, EvidenceRoot = Receipt.NoEvidence };
        Assert.Null(await FaultAsync([amended]));
        Assert.Null(await FaultAsync([Settled(Used), amended]));
        Assert.Contains("Settlement 1 is not what its evidence shows", await FaultAsync([Settled(Used with { CpuMilliSeconds = Used.CpuMilliSeconds + 1 }), amended]), StringComparison.Ordinal);
        Assert.Contains("settlement 3 comes to", await FaultAsync([Settled(Used), amended with { Claimed = Most * 2 }]), StringComparison.Ordinal);
        Assert.Contains("Settlement 3 names no evidence", await FaultAsync([Settled(Used), amended with { IsCountersigned = false }]), StringComparison.Ordinal);
    }

    private static BigInteger Most => BigInteger.Max(Accrual.Due(Lease.Terms, Used, 0), Lease.Terms.MinCharge);

    private static ArchivedSettlement Settled(UsageVector usage) => new(2, "0x", 1, 2, usage, 0, 0, 0, BigInteger.Zero, false, Windows[^1].Root);

    private static Task<string?> FaultAsync(ArchivedSettlement settled, IReadOnlyList<WindowEvidence>? handed = null) => FaultAsync([settled], handed);

    private static Task<string?> FaultAsync(IReadOnlyList<ArchivedSettlement> settled, IReadOnlyList<WindowEvidence>? handed = null) => InvoiceVerb.FaultOfAsync(Lease, settled, new Handed(handed ?? Windows), default);

    private static UsageVector Fold(IReadOnlyList<WindowEvidence> windows)
    {
        Assert.Null(EvidenceCheck.Verify(Some.LeaseId(1), windows.SelectMany(w => w.Lines), Hasher.Keccak256, out var measured).Problem);
        return measured!.ToVector();
    }

    private sealed class Handed(IReadOnlyList<WindowEvidence> windows) : ILeaseRecords
    {
        public Task<SignedReceipt?> ReadReceiptAsync(CancellationToken cancellation) => Task.FromResult<SignedReceipt?>(null);

        public Task<IReadOnlyList<string>?> ReadWindowAsync(string window, CancellationToken cancellation) => Task.FromResult(windows.FirstOrDefault(w => w.Root == window)?.Lines);

        public Task CountersignAsync(string digest, string signature, CancellationToken cancellation) => Task.CompletedTask;
    }
}
