using System.Numerics;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Cli.Reading;

/// <summary>What an export of a lease's evidence shows of one settlement. It takes the chain's word on that settlement, and nobody's on the lines.</summary>
/// <param name="Windows">That the settlement rests on, from the lease's first.</param>
/// <param name="Measured">What their samples come to, folded anew.</param>
/// <param name="Difference">Where the settlement claims something else, for people; null when it claims what they show.</param>
/// <param name="Worth">Smallest units that what they show costs; null where it was settled under terms that are not the lease's any more.</param>
/// <param name="Above">Smallest units that are claimed beyond that, and that no ruling has taken back yet.</param>
internal sealed record EvidenceFinding(ArchivedSettlement Settlement, long Windows, UsagePosition Measured, string? Difference, BigInteger? Worth, BigInteger Above)
{
    /// <summary>Whether the settlement claims what the evidence shows, and no more money than that.</summary>
    public bool Holds => Difference is null && Above.IsZero;

    /// <param name="lines">As exported; they may go on after what the settlement rests on.</param>
    /// <returns>What they show; or why they show nothing of this settlement, for people.</returns>
    public static (EvidenceFinding? Found, string? Problem) Of(ArchivedLease lease, ArchivedSettlement settlement, IEnumerable<string> lines)
    {
        if (settlement.EvidenceRoot == Receipt.NoEvidence) return (null, NoEvidence(settlement));
        var verdict = EvidenceCheck.Verify(lease.Id, lines, new KeccakHasher().Keccak256, out var measured, untilRoot: settlement.EvidenceRoot);
        if (verdict.Problem is { } problem) return (null, problem);
        if (verdict.First != 1) return (null, $"They begin with window {verdict.First}: what was before is not in them, and usage is counted from the first one on.");
        if (verdict.Root != settlement.EvidenceRoot)
            return (null, $"They end with window {verdict.Last} and root {verdict.Root}, and settlement {settlement.Seq} names {settlement.EvidenceRoot}: they are not what it rests on, or not all of it.");
        var receipt = new Receipt(lease.Id, settlement.Seq, settlement.Through, settlement.Usage, settlement.DownSeconds, settlement.EvidenceRoot, false);
        var worth = WorthOf(lease, settlement, measured!);
        return (new EvidenceFinding(settlement, verdict.Last, measured!, CountersignRules.DifferenceOf(receipt, measured!), worth,
            worth is { } most ? BigInteger.Max(0, settlement.Claimed - lease.Lease.Disallowed - most) : 0), null);
    }

    /// <param name="gap">Smallest units that are in dispute.</param>
    /// <returns>What of them is the provider's by this evidence; null where it cannot be priced.</returns>
    public BigInteger? ToProvider(BigInteger gap) => Worth is null ? null : gap - BigInteger.Min(gap, Above);

    /// <summary>Why nothing can be shown of a settlement that names no evidence.</summary>
    public static string NoEvidence(ArchivedSettlement settlement) => settlement.IsCountersigned
        ? $"Settlement {settlement.Seq} names no evidence: it rests on the tenant's own signature."
        : $"Settlement {settlement.Seq} names no evidence, and the tenant has not signed it: nothing shows what it claims.";

    // The contract priced its usage by the terms of then: where those of now give something else, the lease was amended since.
    private static BigInteger? WorthOf(ArchivedLease lease, ArchivedSettlement settlement, UsagePosition measured) =>
        Due(lease, settlement.Usage, settlement.DownSeconds) == settlement.Due ? BigInteger.Max(Due(lease, measured.ToVector(), settlement.DownSeconds), lease.Terms.MinCharge) : null;

    private static BigInteger Due(ArchivedLease lease, UsageVector usage, uint downSeconds) => Accrual.Due(lease.Terms, usage, downSeconds) + lease.Lease.DueOffset;
}
