using Federation.Application.Ports;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Ethereum.TypedData;

namespace Federation.Chain.Signing;

/// <param name="Hash">Digest that was signed; the contract's request hash.</param>
/// <param name="Signature">65 bytes, 0x hex.</param>
public sealed record SignedRequest(RequestTerms Terms, string Hash, string Signature);

/// <summary>The tenant's side of the market: signs Requests, checks Offers before money moves.</summary>
public sealed class OrderSigner(ISigner signer, OrderDomain domain)
{
    /// <summary>Signs a Request of this key's tenant.</summary>
    /// <exception cref="ArgumentException">The Request names another tenant.</exception>
    public async Task<SignedRequest> SignAsync(RequestTerms request, CancellationToken cancellation)
    {
        var contract = request.ToContract();
        if (contract.Tenant != signer.Address)
            throw new ArgumentException($"The Request is of tenant {contract.Tenant}, the key is of {signer.Address}.", nameof(request));
        var typed = domain.Typed(contract);
        var signature = await signer.SignTypedDataAsync(typed, cancellation);
        return new SignedRequest(request, typed.Digest().ToString(), signature.ToString());
    }

    /// <summary>Signs that this key's owner asks for quotes for a Request that it pays. It moves no money, whoever gets it.</summary>
    /// <returns>0x hex.</returns>
    /// <exception cref="ArgumentException">Another one pays.</exception>
    public Task<string> SignAskAsync(RequestTerms request, CancellationToken cancellation) =>
        SignAskAsync(request, domain.TypedAsk(request.ToContract()), cancellation);

    /// <summary>Signs that this key's owner asks for a lease that it pays to become what the Request says. It moves no money either.</summary>
    /// <inheritdoc cref="SignAskAsync(RequestTerms, CancellationToken)"/>
    public Task<string> SignAskAsync(LeaseId lease, RequestTerms request, CancellationToken cancellation) =>
        SignAskAsync(request, domain.TypedAsk(lease.ToContract(), request.ToContract()), cancellation);

    private async Task<string> SignAskAsync(RequestTerms request, Eip712TypedData ask, CancellationToken cancellation)
    {
        if (Address.Parse(request.PaidBy()) != signer.Address)
            throw new ArgumentException($"{request.PaidBy()} pays for the Request, the key is of {signer.Address}.", nameof(request));
        return (await signer.SignTypedDataAsync(ask, cancellation)).ToString();
    }

    /// <summary>What the contract will compute as the Request's hash.</summary>
    public string HashOf(RequestTerms request) => domain.Typed(request.ToContract()).Digest().ToString();

    /// <summary>Why an Offer is not what was asked for; null when it is bound to the Request and signed by the operator key.</summary>
    /// <param name="operatorKey">As the registry names it for the provider.</param>
    public string? FaultOf(SignedOffer offer, RequestTerms request, Address operatorKey)
    {
        try
        {
            if (offer.RequestHash != HashOf(request)) return $"The Offer is for the Request {offer.RequestHash}, not for {HashOf(request)}.";
            var digest = domain.Typed(offer.ToContract()).Digest();
            return Recovery.IsSignedBy(digest, Signature.Parse(offer.Signature), operatorKey)
                ? null
                : $"The Offer is not signed by {operatorKey}, the operator key of {offer.Provider}.";
        }
        catch (Exception e) when (e is FormatException or SignatureException or OverflowException or Ethereum.Abi.AbiException)
        {
            return $"The Offer cannot be read: {e.Message}";
        }
    }
}
