using System.Numerics;

namespace Federation.Domain.Leases;

/// <summary>A lease as the contract holds it at one block.</summary>
/// <param name="Escrow">Smallest units held and not yet claimed.</param>
/// <param name="Claimed">Smallest units that receipts moved out of the escrow so far: paid, pending, frozen or disallowed.</param>
/// <param name="Seq">Of the last settled receipt.</param>
/// <param name="ActivatedAt">Unix seconds; 0 before activation.</param>
/// <param name="Through">Unix seconds up to which usage is settled.</param>
/// <param name="EndsAt">Unix seconds. Active: end of the term; Closing: the last paid second.</param>
/// <param name="TermsMatch">False when the terms that it was read with do not hash to what the contract stores.</param>
public sealed record ChainLease(
    LeaseState State,
    CloseReason Reason,
    BigInteger Escrow,
    BigInteger Claimed,
    uint Seq,
    long ActivatedAt,
    long Through,
    long EndsAt,
    bool TermsMatch = true)
{
    /// <summary>Claimed and not yet paid.</summary>
    public MaturityRing Ring { get; init; } = MaturityRing.Empty;

    /// <summary>Claimed and in dispute, smallest units.</summary>
    public BigInteger Frozen { get; init; }

    /// <summary>Claimed and ruled to be the payer's, smallest units.</summary>
    public BigInteger Disallowed { get; init; }

    /// <summary>Added to what usage costs by the present terms: an amendment goes on from where the old ones left it.</summary>
    public BigInteger DueOffset { get; init; }

    /// <summary>The same for what the reserved capacity can cost.</summary>
    public BigInteger CapOffset { get; init; }

    /// <summary>Amendments by both sides so far: the nonce of the next. A new spec hash by the tenant alone is none.</summary>
    public uint Amendments { get; init; }

    /// <summary>Smallest units of the stake slice that are gone.</summary>
    public BigInteger Slashed { get; init; }

    /// <summary>What was left of the stake slice has been freed.</summary>
    public bool IsSliceFreed { get; init; }

    public static ChainLease Unknown { get; } = new(LeaseState.None, CloseReason.None, 0, 0, 0, 0, 0, 0);

    /// <summary>Smallest units that the payer is out of so far: what was claimed, without what was ruled to be the payer's.</summary>
    public BigInteger Spent => Claimed - Disallowed;

    /// <summary>Smallest units that were put in so far: what was ruled to be the payer's is in the escrow again.</summary>
    public BigInteger Given => Escrow + Spent;

    /// <summary>Smallest units paid so far, gross: the provider's part, royalty and protocol fee.</summary>
    public BigInteger Paid => Claimed - Ring.Pending - Frozen - Disallowed;
}

/// <summary>A lease seen at two depths: <paramref name="Confirmed"/> opens and runs, <paramref name="Finalized"/> alone may end.</summary>
/// <param name="MatchedBlock">The block of its match, as last seen.</param>
/// <param name="ConfirmedBlock">Block of the confirmed view.</param>
/// <param name="FinalizedBlock">Block of the finalized view.</param>
/// <param name="BlockTime">Unix seconds of the confirmed block: the clock that the contract knows.</param>
public sealed record LeaseView(
    LeaseId Id,
    LeaseTerms Terms,
    ChainLease Confirmed,
    ChainLease Finalized,
    ulong MatchedBlock,
    ulong ConfirmedBlock,
    ulong FinalizedBlock,
    long BlockTime)
{
    /// <summary>Unix seconds of the finalized block, never after the confirmed one; 0: not known.</summary>
    public long FinalizedTime { get; init; }

    /// <summary>What the lease was amended from in blocks that are not final: a reorg may bring any of these back.</summary>
    public IReadOnlyList<LeaseTerms> Earlier { get; init; } = [];

    /// <summary>True when a finalized block past the match knows nothing of the lease: a reorg took the match away for good.</summary>
    public bool WasReorgedAway =>
        Confirmed.State == LeaseState.None && Finalized.State == LeaseState.None && FinalizedBlock >= MatchedBlock;

    /// <summary>Unix seconds until which an activated lease is paid for at most.</summary>
    public long PaidUntil => Confirmed.EndsAt > 0 ? Confirmed.EndsAt : Confirmed.ActivatedAt + Terms.DurationSeconds;

    /// <summary>For good, whatever a reorg does: it is closed, or its match never was.</summary>
    public bool IsOver => Finalized.State == LeaseState.Closed || WasReorgedAway;
}
