using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>The tenant's key as it orders. What it signs here moves no money.</summary>
public interface ITenantOrders : IOrderNames
{
    /// <summary>Address of the key: it owns the leases, pays, and is refunded.</summary>
    string Wallet { get; }

    /// <summary>Makes a Request of this wallet that can become one lease, and signs that it asks for quotes.</summary>
    /// <param name="draft">Tenant, counter and salt are set here.</param>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    /// <exception cref="TenantKeyException">Nothing can be signed.</exception>
    Task<PreparedOrder> PrepareAsync(RequestTerms draft, CancellationToken cancellation);

    /// <returns>Why an Offer is not what was asked for; null when it is bound to the Request and signed by that key.</returns>
    string? FaultOf(SignedOffer offer, RequestTerms request, string operatorKey);
}

/// <summary>How orders name the leases that they become.</summary>
public interface IOrderNames
{
    /// <returns>The lease that a Request of one fill becomes; null where it is none that can be hashed.</returns>
    LeaseId? LeaseOf(RequestTerms request);
}

/// <summary>The same for leases that run.</summary>
public interface ITenantAmendments
{
    /// <inheritdoc cref="ITenantOrders.PrepareAsync"/>
    Task<PreparedOrder> PrepareAsync(LeaseId lease, RequestTerms draft, CancellationToken cancellation);

    /// <returns>Why an amendment is not what was asked for; null when it is.</returns>
    string? FaultOf(SignedAmendment amendment, LeaseId lease, LeaseTerms terms, RequestTerms asked, string operatorKey);
}

/// <param name="Lease">That the Request becomes, or that is to be amended.</param>
/// <param name="Signature">That its payer asks, 0x hex.</param>
public sealed record PreparedOrder(RequestTerms Request, LeaseId Lease, string Signature);

/// <summary>The tenant's key cannot sign now.</summary>
public sealed class TenantKeyException(string message, Exception? inner = null) : Exception(message, inner);
