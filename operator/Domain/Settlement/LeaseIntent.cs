using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Results;

namespace Federation.Domain.Settlement;

/// <summary>A transaction that the operator wants. Sending it twice has no effect on money.</summary>
/// <param name="Id">The lease, or the Request that may become one: what is wanted is kept by it.</param>
public abstract record ChainIntent(LeaseId Id)
{
    /// <summary>Lower goes first, one number a kind: what starts or ends a lease is never behind a settlement.</summary>
    public abstract int Priority { get; }
}

/// <summary>A transaction that the operator wants for a lease.</summary>
public abstract record LeaseIntent(LeaseId Id, LeaseTerms Terms) : ChainIntent(Id);

public sealed record ActivateIntent(LeaseId Id, LeaseTerms Terms) : LeaseIntent(Id, Terms)
{
    public override int Priority => 0;
}

/// <summary>Give the reservation back; full refund at once.</summary>
public sealed record RefuseIntent(LeaseId Id, LeaseTerms Terms) : LeaseIntent(Id, Terms)
{
    public override int Priority => 1;
}

/// <param name="Expected">The only reason that it may close for: a top-up that comes first must not make it the provider's leaving.</param>
public sealed record CloseIntent(LeaseId Id, LeaseTerms Terms, CloseReason Expected) : LeaseIntent(Id, Terms)
{
    public override int Priority => 2;
}

/// <summary>What the lease's jobs came to goes on chain. The contract takes it once, and only before the final receipt.</summary>
public sealed record PostResultIntent(LeaseId Id, LeaseTerms Terms, ResultOutcome Outcome) : LeaseIntent(Id, Terms)
{
    public override int Priority => 5;
}

public sealed record SettleIntent(LeaseId Id, LeaseTerms Terms, Receipt Receipt) : LeaseIntent(Id, Terms)
{
    public override int Priority => 6;

    /// <summary>Of the tenant or a session key, over the same receipt, 0x hex: then what is pending is paid at once. Empty: not countersigned.</summary>
    public string TenantSignature { get; init; } = "";

    /// <summary>Whether it waits for others to share a transaction with.</summary>
    public SettleUrgency Urgency { get; init; } = SettleUrgency.Bound;

    /// <summary>Smallest units that it claims or has paid.</summary>
    public BigInteger Value { get; init; }

    /// <summary>Unix seconds until which it may wait for others.</summary>
    public long LatestAt { get; init; }
}

/// <summary>How long a settlement waits. On chain nothing is lost by waiting while the lease is active: what a receipt may claim grows with the seconds.</summary>
public enum SettleUrgency
{
    /// <summary>Goes with others that fill a transaction, or must go.</summary>
    Waiting,

    /// <summary>Has waited long enough: goes as soon as it is worth the gas.</summary>
    Due,

    /// <summary>Goes at once, whatever the gas costs: the lease ends by it, or what it claims is lost later.</summary>
    Bound,
}

/// <summary>Have paid what has matured; after the end also the rest of the stake slice freed.</summary>
public sealed record CollectIntent(LeaseId Id, LeaseTerms Terms) : LeaseIntent(Id, Terms)
{
    public override int Priority => 7;
}

/// <summary>UsageReceipt of the contract, before it is signed.</summary>
/// <param name="Seq">Grows with each receipt of the lease.</param>
/// <param name="Through">Unix seconds that usage is measured until.</param>
/// <param name="Usage">Cumulative.</param>
/// <param name="DownSeconds">Cumulative seconds in which the workload should have been ready and was not.</param>
/// <param name="EvidenceRoot">32 bytes, 0x hex: digest of what was measured.</param>
/// <param name="IsFinal">Nothing follows.</param>
public sealed record Receipt(LeaseId Id, uint Seq, long Through, UsageVector Usage, uint DownSeconds, string EvidenceRoot, bool IsFinal)
{
    /// <summary>Root of no samples: no window was ever read.</summary>
    public const string NoEvidence = "0x0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Until when the next receipt may say that usage is measured, unix seconds: no second that the chain has not reached, none that it had already.</summary>
    /// <param name="measured">Unix seconds.</param>
    public static long ThroughOf(LeaseView view, long measured) => Math.Max(Math.Min(measured, view.BlockTime), view.Confirmed.Through);
}
