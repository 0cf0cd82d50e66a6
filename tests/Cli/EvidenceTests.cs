using System.Numerics;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Cli.Tests;

/// <summary>An arbiter has an export of the evidence and the chain, and nothing of the datacenter: what holds is believed, and what was changed says where.</summary>
public sealed class EvidenceTests
{
    private static readonly KeccakHasher Hasher = new();

    private static readonly IReadOnlyList<WindowEvidence> Windows = SealedWindows.Three(Hasher.Keccak256);

    private static readonly string[] Lines = [.. Windows.SelectMany(w => w.Lines)];

    private static readonly ArchivedLease Lease = new(Some.LeaseId(1), Some.Terms, ChainLease.Unknown with { State = LeaseState.Active }, 1, 1_000_000);

    private static readonly UsageVector Used = Fold(Lines);

    [Fact]
    public void TrueClaim_Holds_AndAllInDisputeIsTheProviders()
    {
        var (found, problem) = EvidenceFinding.Of(Lease, Settled(Used), Lines);
        Assert.Null(problem);
        Assert.True(found!.Holds);
        Assert.Equal((3L, BigInteger.Zero, (BigInteger?)700), (found.Windows, found.Above, found.ToProvider(700)));
    }

    [Fact]
    public void ClaimBeyondIt_IsNamed_AndIsThePayers()
    {
        var more = Used with { CpuMilliSeconds = Used.CpuMilliSeconds + 1_000_000_000 };
        var found = EvidenceFinding.Of(Lease, Settled(more), Lines).Found!;
        Assert.False(found.Holds);
        Assert.Contains("cpuMilliSeconds", found.Difference, StringComparison.Ordinal);
        var above = Accrual.Due(Lease.Terms, more, 0) - Accrual.Due(Lease.Terms, Used, 0);
        Assert.Equal((above, (BigInteger?)5, (BigInteger?)0), (found.Above, found.ToProvider(above + 5), found.ToProvider(above - 5)));
        // What a ruling has taken back is not taken again.
        Assert.Equal(BigInteger.Zero, EvidenceFinding.Of(Lease with { Lease = Lease.Lease with { Disallowed = above } }, Settled(more), Lines).Found!.Above);
    }

    [Fact]
    public void ExportThatGoesOn_IsLookedAtUntilItsSettlement()
    {
        string[] two = [.. Windows.Take(2).SelectMany(w => w.Lines)];
        var found = EvidenceFinding.Of(Lease, Settled(Fold(two)) with { EvidenceRoot = Windows[1].Root }, [.. Lines, "not of this"]).Found!;
        Assert.Equal((2L, true), (found.Windows, found.Holds));
    }

    [Fact]
    public void ExportThatIsChanged_OrNotWhole_IsRefused_AndSaysWhere()
    {
        var sample = Lines.Select(l => l.Replace("1200", "1201", StringComparison.Ordinal)).ToArray();
        Assert.NotEqual(Lines, sample);
        Assert.Contains("Line 1, window 1: its series are not those that it was closed with", Problem(sample), StringComparison.Ordinal);
        Assert.Contains("and settlement 2 names", Problem([.. Windows.Take(2).SelectMany(w => w.Lines)]), StringComparison.Ordinal);
        Assert.Contains("They begin with window 2", Problem([.. Windows.Skip(1).SelectMany(w => w.Lines)]), StringComparison.Ordinal);
        Assert.Contains("it follows window 1", Problem([.. Windows[0].Lines, .. Windows[2].Lines]), StringComparison.Ordinal);
        Assert.Contains("it is of lease", Problem([.. SealedWindows.Three(Hasher.Keccak256, lease: Some.LeaseId(2)).SelectMany(w => w.Lines)]), StringComparison.Ordinal);
        Assert.Contains("There is no window", Problem([]), StringComparison.Ordinal);
    }

    // Whoever makes another export that is sound in itself has not the root that is on chain.
    [Fact]
    public void ExportThatIsMadeAnew_HasAnotherRoot()
    {
        var forged = SealedWindows.Three(Hasher.Keccak256, w => w with { Findings = [] });
        Assert.NotEqual(Windows[^1].Root, forged[^1].Root);
        Assert.NotNull(Problem([.. forged.SelectMany(w => w.Lines)]));
    }

    [Fact]
    public void SettlementWithoutEvidence_ShowsNothing()
    {
        var bare = Settled(Used) with { EvidenceRoot = Receipt.NoEvidence };
        Assert.Contains("nothing shows what it claims", EvidenceFinding.Of(Lease, bare, Lines).Problem, StringComparison.Ordinal);
        Assert.Contains("the tenant's own signature", EvidenceFinding.Of(Lease, bare with { IsCountersigned = true }, Lines).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TermsThatAreOthersSince_PriceNothing()
    {
        var found = EvidenceFinding.Of(Lease with { Lease = Lease.Lease with { DueOffset = 7 } }, Settled(Used), Lines).Found!;
        Assert.Null(found.Worth);
        Assert.Null(found.ToProvider(5));
        Assert.True(found.Holds);
    }

    private static string? Problem(IReadOnlyList<string> lines) => EvidenceFinding.Of(Lease, Settled(Used), lines).Problem;

    private static ArchivedSettlement Settled(UsageVector usage) =>
        new(2, "0x", 2, 2, usage, 0, Accrual.Due(Lease.Terms, usage, 0), 0, Accrual.Due(Lease.Terms, usage, 0), false, Windows[^1].Root);

    private static UsageVector Fold(IEnumerable<string> lines)
    {
        Assert.Null(EvidenceCheck.Verify(Some.LeaseId(1), lines, Hasher.Keccak256, out var measured).Problem);
        return measured!.ToVector();
    }
}
