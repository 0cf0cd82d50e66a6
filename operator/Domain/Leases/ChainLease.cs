using System.Numerics;

namespace Federation.Domain.Leases;

/// <summary>A lease as the contract holds it at one block.</summary>
/// <param name="Escrow">Smallest units held and not yet earned.</param>
/// <param name="Paid">Smallest units credited to the provider so far.</param>
/// <param name="Seq">Of the last settled receipt.</param>
/// <param name="ActivatedAt">Unix seconds; 0 before activation.</param>
/// <param name="Through">Unix seconds up to which usage is settled.</param>
/// <param name="EndsAt">Unix seconds. Active: end of the term; Closing: the last paid second.</param>
/// <param name="TermsMatch">False when the terms that it was read with do not hash to what the contract stores.</param>
public sealed record ChainLease(
    LeaseState State,
    CloseReason Reason,
    BigInteger Escrow,
    BigInteger Paid,
    uint Seq,
    long ActivatedAt,
    long Through,
    long EndsAt,
    bool TermsMatch = true)
{
    public static ChainLease Unknown { get; } = new(LeaseState.None, CloseReason.None, 0, 0, 0, 0, 0, 0);
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
    /// <summary>True when a finalized block past the match knows nothing of the lease: a reorg took the match away for good.</summary>
    public bool WasReorgedAway =>
        Confirmed.State == LeaseState.None && Finalized.State == LeaseState.None && FinalizedBlock >= MatchedBlock;
}
