using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Reads the matches and amendments of one provider from the logs.</summary>
internal sealed class LeaseLogReader(EthereumClient client, LedgerOptions options, ILogger log, ChainMetrics? metrics)
{
    private readonly LogRange range = new(options.LogRange);

    public async Task<LeaseNews> ReadAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        var (matched, amended) = (new Dictionary<LeaseId, MatchedLease>(), new Dictionary<LeaseId, LeaseTerms>());
        while (from <= to)
        {
            var end = Math.Min(to, from + range.Current - 1);
            IReadOnlyList<Log> matches, amendments;
            try
            {
                (matches, amendments) = await QueryAsync(from, end, cancellation);
            }
            catch (RpcResponseException e) when (range.CanShrink && end > from)
            {
                range.Shrink();
                log.LogInformation("Logs of blocks {From} to {To} were refused ({Reason}); asking for {Range} blocks", from, end, e.Message, range.Current);
                continue;
            }
            catch (RpcTransportException)
            {
                // Perhaps the answer took too long, perhaps the node is down: the next pass asks for less.
                range.Shrink();
                throw;
            }

            // The same lease may be matched anew after a reorg: where it stands last counts. Of its terms, the last ones.
            foreach (var one in matches)
                if (Checked(one, from, end, Match) is { } match) matched[match.Id] = match;
            foreach (var one in amendments)
                if (Checked(one, from, end, Amendment) is { } change)
                    if (matched.TryGetValue(change.Id, out var lease)) matched[change.Id] = lease with { Terms = change.Terms };
                    else amended[change.Id] = change.Terms;
            range.Held();
            from = end + 1;
        }

        return new LeaseNews([.. matched.Values], amended);
    }

    // Asked together, so that one node answers both: a node that lacks the last block knows none of its logs either,
    // and would say "none" where it should say "not yet".
    private async Task<(IReadOnlyList<Log> Matches, IReadOnlyList<Log> Amendments)> QueryAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        LogFilter[] filters =
        [
            LogFilter.ForEvent<LeaseMatchedEventDTO>(options.LeaseManager, null, null, options.Provider),
            LogFilter.ForEvent<LeaseAmendedEventDTO>(options.LeaseManager, null, options.Provider),
        ];
        var answers = await client.Rpc.SendBatchAsync(
            [
                .. filters.Select(f => new RpcRequest("eth_getLogs", f with { FromBlock = BlockParameter.AtNumber(from), ToBlock = BlockParameter.AtNumber(to) })),
                new RpcRequest("eth_getBlockByNumber", BlockParameter.AtNumber(to), false),
            ], cancellation);
        if (answers[2].Get<Block?>() is null) throw LedgerFault.Transient($"The node does not have block {to} yet.");
        IReadOnlyList<Log> Logs(int index) => answers[index].Get<IReadOnlyList<Log>?>()
            ?? throw LedgerFault.Transient($"The node answered nothing for the logs of blocks {from} to {to}.");
        return (Logs(0), Logs(1));
    }

    private MatchedLease Match(Log one)
    {
        var match = one.DecodeEvent<LeaseMatchedEventDTO>().Event;
        CheckProvider(match.Provider, match.Terms);
        if (LeaseMapping.LeaseIdOf(match.RequestHash, match.FillIndex) != match.LeaseId)
            throw new InvalidDataException("the lease id does not follow from the Request");
        return new MatchedLease(match.LeaseId.ToLeaseId(), match.Terms.ToDomain(), one.BlockNumber);
    }

    private MatchedLease Amendment(Log one)
    {
        var change = one.DecodeEvent<LeaseAmendedEventDTO>().Event;
        CheckProvider(change.Provider, change.Terms);
        return new MatchedLease(change.LeaseId.ToLeaseId(), change.Terms.ToDomain(), one.BlockNumber);
    }

    private void CheckProvider(Address provider, Terms terms)
    {
        if (provider != options.Provider || terms.Provider != options.Provider)
            throw new InvalidDataException($"it is of provider {terms.Provider}");
    }

    // A log that is not what it claims to be must not stop all that come after it: it is reported and passed over.
    private MatchedLease? Checked(Log one, ulong from, ulong to, Func<Log, MatchedLease> decode)
    {
        try
        {
            if (one.Removed || one.Address != options.LeaseManager || one.BlockNumber < from || one.BlockNumber > to)
                throw new InvalidDataException("it is not what was asked for");
            return decode(one);
        }
        catch (Exception e) when (e is AbiException or InvalidDataException or OverflowException or FormatException)
        {
            metrics?.QuarantinedLogs.Add(1);
            log.LogError("Log {Index} of transaction {Transaction} in block {Block} is passed over: {Reason}", one.LogIndex, one.TransactionHash, one.BlockNumber, e.Message);
            return null;
        }
    }
}
