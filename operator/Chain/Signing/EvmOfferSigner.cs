using Federation.Application.Ports;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>Signs Offers of one provider with its operator key, each bound to the Request that it answers.</summary>
public sealed class EvmOfferSigner(ISigner signer, OrderDomain domain, Address provider, EthereumClient client) : IOfferSigner
{
    /// <inheritdoc/>
    /// <exception cref="LedgerException">The provider's order counter cannot be read.</exception>
    public async Task<SignedOffer> SignAsync(OfferTerms offer, RequestTerms request, CancellationToken cancellation)
    {
        var requestHash = domain.Typed(request.ToContract()).Digest();
        var counter = await ReadCounterAsync(cancellation);
        var contract = offer.ToContract(provider, Address.Parse(request.Token), requestHash, counter);
        var signature = await signer.SignTypedDataAsync(domain.Typed(contract), cancellation);
        return new SignedOffer(provider.ToString(), contract.Token.ToString(), requestHash.ToString(), offer, counter, signature.ToString());
    }

    // Read anew each time: an Offer with a counter that was raised meanwhile is worth nothing to the tenant.
    private async Task<ulong> ReadCounterAsync(CancellationToken cancellation)
    {
        try
        {
            return await client.CallAsync(domain.Market, new CounterOfFunction { Maker = provider }, ct: cancellation);
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException or AbiException)
        {
            throw new LedgerException($"The order counter of {provider} cannot be read: {e.Message}", isTransient: true, e);
        }
    }
}
