using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>
/// What a lease was amended to in the newest blocks. Transactions are decided by a confirmed one, and a tenant may put another workload into its lease once a minute:
/// where blocks take that long to be confirmed, the terms that are known would never be those of now.
/// </summary>
/// <param name="blocks">So many are looked through: what is older is in the confirmed view.</param>
public sealed class NewestTerms(EthereumClient client, Address leaseManager, ulong logRange, ulong blocks, ILogger<NewestTerms> log)
{
    private readonly LogWalk walk = new(client, logRange, log, null);

    /// <returns>Null where it was not amended in these blocks, or they cannot be read.</returns>
    internal async Task<LeaseTerms?> FindAsync(LeaseId lease, CancellationToken cancellation)
    {
        try
        {
            return await LedgerFault.WrapAsync($"The newest terms of lease {lease}", null, async () =>
            {
                var latest = await client.GetBlockNumberAsync(cancellation);
                var logs = await walk.ReadAsync([LogFilter.ForEvent<LeaseAmendedEventDTO>(leaseManager, lease.ToContract())], latest > blocks ? latest - blocks : 0, latest, cancellation);
                return logs[0].Select(l => walk.Decode(l, one => one.DecodeEvent<LeaseAmendedEventDTO>().Event.Terms.ToDomain())).LastOrDefault(t => t is not null);
            });
        }
        catch (LedgerException e)
        {
            log.LogWarning("{Reason}", e.Message);
            return null;
        }
    }
}
