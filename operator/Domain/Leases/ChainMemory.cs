using System.Numerics;

namespace Federation.Domain.Leases;

/// <summary>
/// What the chain last said of a lease, beside the money that its status has anyway: by that an operator goes on which begins while the chain
/// cannot be heard. It moves when the lease does, not with every block.
/// </summary>
/// <param name="Through">Unix seconds until which the last settlement counts.</param>
/// <param name="EndsAt">Unix seconds; 0 while nobody has given notice.</param>
public sealed record ChainMemory(LeaseState State, CloseReason Reason, long ActivatedAt, long Through, long EndsAt)
{
    /// <inheritdoc cref="ChainLease.DueOffset"/>
    public BigInteger DueOffset { get; init; }

    /// <inheritdoc cref="ChainLease.CapOffset"/>
    public BigInteger CapOffset { get; init; }

    /// <summary>Null while nothing certain is known of it.</summary>
    public static ChainMemory? Of(ChainLease lease) => lease is { State: LeaseState.None } or { TermsMatch: false } ? null
        : new ChainMemory(lease.State, lease.Reason, lease.ActivatedAt, lease.Through, lease.EndsAt) { DueOffset = lease.DueOffset, CapOffset = lease.CapOffset };

    /// <summary>The lease as it was then: nothing of it is final, and no time has passed since on any chain.</summary>
    /// <param name="terms">That the lease's object has.</param>
    /// <returns>Null where its status does not say enough.</returns>
    public static LeaseView? Recall(LeaseId id, LeaseTerms terms, ulong matchedBlock, LeaseStatus status)
    {
        // One that is over is left as it is: nothing runs on it, and what is still to be paid is not all remembered.
        if (status is not { Chain: { State: not LeaseState.Closed } chain, Money: { } money }) return null;
        var lease = new ChainLease(chain.State, chain.Reason, money.Escrow, money.Claimed, status.SettledSeq, chain.ActivatedAt, chain.Through, chain.EndsAt)
        {
            Frozen = money.Frozen, DueOffset = chain.DueOffset, CapOffset = chain.CapOffset,
        };
        // No window is closed beyond the chain's own time.
        var time = Math.Max(Math.Max(chain.ActivatedAt, chain.Through), (status.Usage?.ThroughMs ?? 0) / 1000);
        return new LeaseView(id, terms, lease, ChainLease.Unknown, matchedBlock, 0, 0, time);
    }
}
