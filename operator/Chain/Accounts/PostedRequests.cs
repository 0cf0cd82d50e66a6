using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Accounts;

/// <summary>The tenant's side of the open path: a Request posted on chain, and what became of it. Bids and awards are the operators'.</summary>
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
}
