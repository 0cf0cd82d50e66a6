using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Requesting;

/// <summary>
/// One order for a replica, and the lease that it becomes. Written down before it is sent: as long as it may become a lease, or is
/// one that holds money, it is here.
/// </summary>
/// <param name="Slot">Number of the replica, from 0.</param>
/// <param name="Id">The lease that it is or may become: the order alone says it.</param>
/// <param name="ExpiresAt">Unix seconds after which the order becomes no lease any more.</param>
/// <param name="OfferExpiresAt">Unix seconds after which sending it is useless.</param>
/// <param name="Funded">Smallest units that are put into escrow, those on their way included: never more are sent.</param>
public sealed record Purchase(int Slot, LeaseId Id, Place Place, long ExpiresAt, long OfferExpiresAt, BigInteger Funded)
{
    /// <summary>As the chain has them; null as long as it has none.</summary>
    public LeaseTerms? Terms { get; init; }

    /// <summary>Smallest units that it was claimed, as last seen in the newest block.</summary>
    public BigInteger Spent { get; init; }

    /// <summary>Smallest units that were in its escrow then.</summary>
    public BigInteger Held { get; init; }

    /// <summary>Why it is given up, a CamelCase word; null: it is the slot's.</summary>
    public string? Leaving { get; init; }

    /// <summary>Unix seconds since when it is not ready; 0: it is, or nobody has looked.</summary>
    public long TroubleSince { get; init; }

    /// <summary>Unix seconds since when its datacenter does not answer; 0: it does.</summary>
    public long SilentSince { get; init; }

    /// <summary>That its order was not taken was this side's fault: balance, allowance, or a chain that could not be read.</summary>
    public bool IsExcused { get; init; }

    /// <summary>The spec was changed since, and lets no replica be where this one is.</summary>
    public bool IsMisplaced { get; init; }

    public bool IsLeaving => Leaving is not null;
}

/// <summary>What a datacenter says of a lease's workload.</summary>
/// <param name="Answers">It could be asked.</param>
/// <param name="HasNamespace">Its namespace takes the workload.</param>
/// <param name="SpecHash">Of the workload that lies there, 0x hex; empty: none.</param>
/// <param name="Reason">Of its Ready, or why it could not be asked.</param>
public sealed record RemoteSight(bool Answers, bool HasNamespace, string SpecHash, bool IsReady, string Reason, string Message, IReadOnlyList<string> Endpoints)
{
    /// <summary>It was not asked, for a reason of our own: that is nobody's silence.</summary>
    public bool IsLocal { get; init; }

    /// <summary>What its status says that was used; null: nothing that can be read.</summary>
    public UsageVector? Usage { get; init; }

    public static RemoteSight Unasked(string message) => new(false, false, "", false, "AccessBroken", message, []) { IsLocal = true };

    public static RemoteSight Silent(string message) => new(false, false, "", false, "DatacenterSilent", message, []);
}

/// <summary>What is seen of a purchase: the newest block acts, the final one ends.</summary>
/// <param name="LatestTime">Unix seconds of the newest block.</param>
/// <param name="ConfirmedTime">Of the one that counts as confirmed.</param>
/// <param name="FinalizedTime">Of the last one that no reorg takes away.</param>
/// <param name="Remote">Null where there is nothing to ask for.</param>
public sealed record PurchaseSight(ChainLease Latest, ChainLease Finalized, long LatestTime, long ConfirmedTime, long FinalizedTime, RemoteSight? Remote)
{
    /// <summary>The order becomes no lease any more, as far as confirmed blocks tell: another one may be made.</summary>
    public bool IsDead(Purchase purchase) => Latest.State == LeaseState.None && ConfirmedTime > purchase.ExpiresAt;

    /// <summary>Nothing comes of it any more, whatever a reorg does: its money is back.</summary>
    public bool IsOver(Purchase purchase) => Finalized.State == LeaseState.Closed
        || (Latest.State == LeaseState.None && Finalized.State == LeaseState.None && FinalizedTime > purchase.ExpiresAt);
}
