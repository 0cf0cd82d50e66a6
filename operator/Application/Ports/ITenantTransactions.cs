using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>Sends what the tenant wants on chain, with the wallet's key, and waits until it is mined.</summary>
public interface ITenantTransactions
{
    /// <summary>May be called for several intents at a time, and again for one that was sent: it takes effect once.</summary>
    /// <returns>Null when it took effect, by this transaction or one before; else the contract's error or what hindered sending, for people.</returns>
    Task<string?> SubmitAsync(TenantIntent intent, CancellationToken cancellation);
}

/// <param name="Lease">That is acted on, or that comes of it.</param>
public abstract record TenantIntent(LeaseId Lease);

/// <summary>Take the Offer: the Request becomes a lease, and its escrow is paid. It can become one only.</summary>
public sealed record MatchIntent(LeaseId Lease, RequestTerms Request, SignedOffer Offer) : TenantIntent(Lease);

/// <param name="Amount">Smallest units.</param>
/// <param name="Funded">What the lease has been given by then: tells one top-up from the next.</param>
public sealed record TopUpIntent(LeaseId Lease, LeaseTerms Terms, BigInteger Amount, BigInteger Funded) : TenantIntent(Lease);

public sealed record AmendSpecIntent(LeaseId Lease, LeaseTerms Terms, string SpecHash) : TenantIntent(Lease);

public sealed record AmendIntent(LeaseId Lease, SignedAmendment Amendment) : TenantIntent(Lease);

/// <summary>End it for whatever reason stands: notice, a reservation given back, or what is over.</summary>
public sealed record EndIntent(LeaseId Lease, LeaseTerms Terms) : TenantIntent(Lease);
