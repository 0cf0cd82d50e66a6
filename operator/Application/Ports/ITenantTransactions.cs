using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Ports;

/// <summary>Sends what the tenant wants on chain, with the wallet's key, and waits until it is mined.</summary>
public interface ITenantTransactions
{
    /// <summary>May be called for several intents at a time, and again for one that was sent: it takes effect once.</summary>
    Task<TenantOutcome> SubmitAsync(TenantIntent intent, CancellationToken cancellation);

    /// <summary>Whether something was signed for it that may still be mined: then it is to be wanted as it was. Asked after a failure.</summary>
    bool MayTakeEffect(TenantIntent intent);

    /// <summary>Whether a match would be taken by the newest block: asked before an order is made of it.</summary>
    /// <returns>Null when it would, or has been.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<MatchFault?> TryAsync(MatchIntent intent, CancellationToken cancellation);
}

/// <summary>What was sent before: who sent it may have died before it could say so.</summary>
public interface ISentTransactions
{
    /// <returns>What the sender's journal holds for these leases and no final block does yet, oldest first; null where it cannot be read now.</returns>
    Task<IReadOnlyList<SentTransaction>?> RecallAsync(IReadOnlyCollection<LeaseId> leases, CancellationToken cancellation);
}

/// <summary>What became of an intent.</summary>
/// <param name="TransactionHash">Of the transaction that was sent last for it, 0x hex; null when none was.</param>
/// <param name="Error">Null when it took effect, by this transaction or one before; else the contract's error or what hindered sending, for people.</param>
public sealed record TenantOutcome(string? TransactionHash, string? Error);

/// <param name="Error">For people.</param>
/// <param name="IsOurs">The wallet's: its balance, or its leave to pull. Else the Offer's.</param>
public sealed record MatchFault(string Error, bool IsOurs);

/// <param name="Lease">That is acted on, or that comes of it.</param>
public abstract record TenantIntent(LeaseId Lease)
{
    /// <summary>What it does to the lease.</summary>
    public abstract PurchaseAction Action { get; }
}

/// <summary>Take the Offer: the Request becomes a lease, and its escrow is paid. It can become one only.</summary>
public sealed record MatchIntent(LeaseId Lease, RequestTerms Request, SignedOffer Offer) : TenantIntent(Lease)
{
    public override PurchaseAction Action => PurchaseAction.Match;
}

/// <param name="Amount">Smallest units.</param>
/// <param name="Funded">What the lease has been given by then: tells one top-up from the next.</param>
public sealed record TopUpIntent(LeaseId Lease, LeaseTerms Terms, BigInteger Amount, BigInteger Funded) : TenantIntent(Lease)
{
    public override PurchaseAction Action => PurchaseAction.TopUp;
}

public sealed record AmendSpecIntent(LeaseId Lease, LeaseTerms Terms, string SpecHash) : TenantIntent(Lease)
{
    public override PurchaseAction Action => PurchaseAction.AmendSpec;
}

public sealed record AmendIntent(LeaseId Lease, SignedAmendment Amendment) : TenantIntent(Lease)
{
    public override PurchaseAction Action => PurchaseAction.Amend;
}

/// <summary>End it for whatever reason stands: notice, a reservation given back, or what is over.</summary>
public sealed record EndIntent(LeaseId Lease, LeaseTerms Terms) : TenantIntent(Lease)
{
    public override PurchaseAction Action => PurchaseAction.Close;
}
