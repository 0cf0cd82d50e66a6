using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Accounts;

/// <summary>The open path of the market: a Request posted on chain, bids of operators, the award.</summary>
public sealed class PostedRequests(ContractWriter writer, ContractAddresses contracts)
{
    /// <summary>Posts a Request of this account with the escrow of all its fills.</summary>
    /// <param name="bidSeconds">How long bids are taken.</param>
    /// <param name="funding">How the escrow comes in; see <see cref="Funding"/>.</param>
    /// <returns>The Request's hash, 0x hex.</returns>
    /// <exception cref="ContractCallException">The contract refused; the message holds its error.</exception>
    public async Task<string> PostAsync(RequestTerms request, uint bidSeconds, byte[] funding, CancellationToken cancellation)
    {
        var receipt = await writer.CallAsync(contracts.Market, new PostFunction { Request = request.ToContract(), BidSeconds = bidSeconds, Funding = funding }, cancellation);
        return receipt.Logs.Where(l => l.Address == contracts.Market).DecodeAllEvents<RequestPostedEventDTO>().Single().Event.RequestHash.ToString();
    }

    /// <summary>Bids for a posted Request with the operator key of a provider.</summary>
    /// <param name="offer">Bound to the Request; it needs no signature.</param>
    public Task BidAsync(RequestTerms request, OfferTerms offer, Address provider, string requestHash, ulong counter, CancellationToken cancellation)
    {
        var bound = offer.ToContract(provider, Address.Parse(request.Token), Bytes32.Parse(requestHash), counter);
        return writer.CallAsync(contracts.Market, new BidFunction { Request = request.ToContract(), Offer = bound }, cancellation);
    }

    /// <summary>Makes leases of the cheapest bids that still hold; anybody may, when the time for bids is over.</summary>
    /// <returns>The leases; fewer than the Request has fills when bids were few.</returns>
    public async Task<IReadOnlyList<MatchedLease>> AwardAsync(RequestTerms request, string requestHash, CancellationToken cancellation)
    {
        var offers = await ReadOffersAsync(Bytes32.Parse(requestHash), cancellation);
        var receipt = await writer.CallAsync(contracts.Market, new AwardFunction { Request = request.ToContract(), Offers = offers }, cancellation);
        return receipt.ReadMatches(contracts.LeaseManager);
    }

    /// <summary>The leases that a posted Request has become, whoever sent the award.</summary>
    public async Task<IReadOnlyList<MatchedLease>> ReadAwardedAsync(string requestHash, uint fills, CancellationToken cancellation)
    {
        var leases = new List<MatchedLease>();
        for (var index = 0u; index < fills; index++)
        {
            var filter = LogFilter.ForEvent<LeaseMatchedEventDTO>(contracts.LeaseManager, LeaseMapping.LeaseIdOf(Bytes32.Parse(requestHash), index), null, null);
            var logs = await writer.Client.GetLogsAsync(filter with { FromBlock = BlockParameter.AtNumber(contracts.BlockNumber) }, cancellation);
            leases.AddRange(logs.ReadMatches(contracts.LeaseManager));
        }

        return leases;
    }

    /// <summary>Takes back what is held and was not awarded.</summary>
    public Task WithdrawAsync(RequestTerms request, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Market, new WithdrawPostFunction { Request = request.ToContract() }, cancellation);

    // The contract keeps hashes, in the order that it wants the Offers in; the Offers are in the logs.
    private async Task<IReadOnlyList<Offer>> ReadOffersAsync(Bytes32 requestHash, CancellationToken cancellation)
    {
        var bids = await writer.ReadAsync(contracts.Market, new BidsFunction { RequestHash = requestHash }, cancellation);
        var placed = LogFilter.ForEvent<BidPlacedEventDTO>(contracts.Market, requestHash, null) with { FromBlock = BlockParameter.AtNumber(contracts.BlockNumber) };
        var offers = new Dictionary<Bytes32, Offer>();
        foreach (var bid in (await writer.Client.GetLogsAsync(placed, cancellation)).DecodeAllEvents<BidPlacedEventDTO>()) offers[bid.Event.OfferHash] = bid.Event.Offer;
        return [.. bids.Select(b => offers.TryGetValue(b.OfferHash, out var offer) ? offer : throw new ContractCallException($"The logs hold no bid {b.OfferHash}."))];
    }
}
