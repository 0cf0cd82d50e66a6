using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Reads the matches of one provider from the logs.</summary>
internal sealed class MatchReader(EthereumClient client, LedgerOptions options, ILogger log, ChainMetrics? metrics)
{
    private readonly LogRange range = new(options.LogRange);

    public async Task<IReadOnlyList<MatchedLease>> ReadAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        var found = new Dictionary<string, MatchedLease>();
        while (from <= to)
        {
            var end = Math.Min(to, from + range.Current - 1);
            IReadOnlyList<Log> logs;
            try
            {
                logs = await QueryAsync(from, end, cancellation);
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

            // The same lease may be matched anew after a reorg: where it stands last counts.
            foreach (var one in logs)
                if (Decode(one, from, end) is { } match) found[match.Id.Hex] = match;
            range.Held();
            from = end + 1;
        }

        return [.. found.Values];
    }

    // Asked together, so that one node answers both: a node that lacks the last block knows none of its logs either,
    // and would say "none" where it should say "not yet".
    private async Task<IReadOnlyList<Log>> QueryAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        var filter = LogFilter.ForEvent<LeaseMatchedEventDTO>(options.LeaseManager, null, null, options.Provider) with
        {
            FromBlock = BlockParameter.AtNumber(from),
            ToBlock = BlockParameter.AtNumber(to),
        };
        var answers = await client.Rpc.SendBatchAsync(
            [new RpcRequest("eth_getLogs", filter), new RpcRequest("eth_getBlockByNumber", BlockParameter.AtNumber(to), false)], cancellation);
        if (answers[1].Get<Block?>() is null) throw LedgerFault.Transient($"The node does not have block {to} yet.");
        return answers[0].Get<IReadOnlyList<Log>?>() ?? throw LedgerFault.Transient($"The node answered nothing for the logs of blocks {from} to {to}.");
    }

    // A log that is not what it claims to be must not stop all that come after it: it is reported and passed over.
    private MatchedLease? Decode(Log one, ulong from, ulong to)
    {
        try
        {
            if (one.Removed || one.Address != options.LeaseManager || one.BlockNumber < from || one.BlockNumber > to)
                throw new InvalidDataException("it is not what was asked for");
            var match = one.DecodeEvent<LeaseMatchedEventDTO>().Event;
            if (match.Provider != options.Provider || match.Terms.Provider != options.Provider)
                throw new InvalidDataException($"it is of provider {match.Terms.Provider}");
            if (LeaseMapping.LeaseIdOf(match.RequestHash, match.FillIndex) != match.LeaseId)
                throw new InvalidDataException("the lease id does not follow from the Request");
            return new MatchedLease(match.LeaseId.ToLeaseId(), match.Terms.ToDomain(), one.BlockNumber);
        }
        catch (Exception e) when (e is AbiException or InvalidDataException or OverflowException or FormatException)
        {
            metrics?.QuarantinedLogs.Add(1);
            log.LogError("Log {Index} of transaction {Transaction} in block {Block} is passed over: {Reason}", one.LogIndex, one.TransactionHash, one.BlockNumber, e.Message);
            return null;
        }
    }
}
