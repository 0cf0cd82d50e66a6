using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Domain.Settlement;

/// <summary>
/// What a lease still has to give after its receipts: claims that matured, and the stake slice. A settlement pays what has
/// matured by the way, so a lease that is settled needs no collect of its own; one that stands still, or is over, does.
/// </summary>
public static class Collection
{
    /// <summary>Something is still to be paid or freed.</summary>
    public static bool IsOpen(ChainLease lease, LeaseTerms terms) =>
        lease.Ring.Pending > 0 || lease.Frozen > 0 || HoldsSlice(lease, terms);

    /// <summary>Nothing will be any more, whatever a reorg does.</summary>
    public static bool IsOver(LeaseView view) => view.Finalized.State == LeaseState.Closed && !IsOpen(view.Finalized, view.Terms);

    /// <summary>A collect now pays all that is pending: one transaction for both buckets.</summary>
    /// <param name="blockTime">Unix seconds of the block that the lease was read at.</param>
    public static bool IsDue(ChainLease lease, LeaseTerms terms, long blockTime) =>
        lease.Ring.Pending > 0
            ? blockTime >= lease.Ring.MaturedAt(terms.Parameters.MaturitySeconds)
            : lease.Frozen.IsZero && HoldsSlice(lease, terms);

    /// <summary>Smallest units of the provider's stake that are locked for it.</summary>
    public static BigInteger Locked(ChainLease lease, LeaseTerms terms) =>
        lease.State == LeaseState.None || (lease.State == LeaseState.Closed && !HoldsSlice(lease, terms)) ? 0 : terms.Parameters.Slice - lease.Slashed;

    // A reservation that was given back or given up freed its slice in the same transaction, and says so nowhere.
    private static bool HoldsSlice(ChainLease lease, LeaseTerms terms) =>
        lease is { State: LeaseState.Closed, ActivatedAt: > 0, IsSliceFreed: false } && terms.Parameters.Slice > lease.Slashed;
}
