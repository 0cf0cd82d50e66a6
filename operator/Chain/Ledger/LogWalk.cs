using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Reads the logs of one filter over any number of blocks, as many at a time as the node takes.</summary>
internal sealed class LogWalk(EthereumClient client, ulong most, ILogger log)
{
    private readonly LogRange range = new(most);

    public async Task<IReadOnlyList<Log>> ReadAsync(LogFilter filter, ulong from, ulong to, CancellationToken cancellation)
    {
        var logs = new List<Log>();
        while (from <= to)
        {
            var end = Math.Min(to, from + range.Current - 1);
            try
            {
                var asked = (From: from, To: end);
                logs.AddRange((await QueryAsync(filter, from, end, cancellation))
                    .Where(l => !l.Removed && filter.Address.Contains(l.Address) && l.BlockNumber >= asked.From && l.BlockNumber <= asked.To));
            }
            catch (RpcResponseException e) when (range.CanShrink && end > from)
            {
                range.Shrink();
                log.LogInformation("Logs of blocks {From} to {To} were refused ({Reason}); asking for {Range} blocks", from, end, e.Message, range.Current);
                continue;
            }
            catch (RpcTransportException)
            {
                range.Shrink();
                throw;
            }

            range.Held();
            from = end + 1;
        }

        return logs;
    }

    // With the last block in the same batch: a node that lacks it would say "none" where it should say "not yet".
    private async Task<IReadOnlyList<Log>> QueryAsync(LogFilter filter, ulong from, ulong to, CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync(
            [
                new RpcRequest("eth_getLogs", filter with { FromBlock = BlockParameter.AtNumber(from), ToBlock = BlockParameter.AtNumber(to) }),
                new RpcRequest("eth_getBlockByNumber", BlockParameter.AtNumber(to), false),
            ], cancellation);
        if (answers[1].Get<Block?>() is null) throw LedgerFault.Transient($"The node does not have block {to} yet.");
        return answers[0].Get<IReadOnlyList<Log>?>() ?? throw LedgerFault.Transient($"The node answered nothing for the logs of blocks {from} to {to}.");
    }
}
