using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Tenancy;

/// <summary>Finds a lease's match and its amendments by its id.</summary>
public sealed class EvmLeaseTermsReader(EthereumClient client, Address leaseManager, uint logRange, ILogger<EvmLeaseTermsReader> log) : ILeaseTermsReader
{
    private readonly LogWalk walk = new(client, logRange, log, null);

    /// <inheritdoc/>
    public Task<LeaseTerms?> ReadAsync(LeaseId lease, ulong fromBlock, ulong toBlock, CancellationToken cancellation) => LedgerFault.WrapAsync($"The terms of lease {lease}", null, async () =>
    {
        var logs = await walk.ReadAsync(
            [LogFilter.ForEvent<LeaseMatchedEventDTO>(leaseManager, lease.ToContract()), LogFilter.ForEvent<LeaseAmendedEventDTO>(leaseManager, lease.ToContract())], fromBlock, toBlock, cancellation);
        return logs[1].Select(l => walk.Decode(l, one => one.DecodeEvent<LeaseAmendedEventDTO>().Event.Terms.ToDomain())).LastOrDefault(t => t is not null)
            ?? logs[0].Select(l => walk.Decode(l, one => one.DecodeEvent<LeaseMatchedEventDTO>().Event.Terms.ToDomain())).LastOrDefault(t => t is not null);
    });
}
