using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Reads logs over any number of blocks, as many at a time as the node takes.</summary>
/// <param name="witness">Looks whether the node left some out; null: nobody does.</param>
internal sealed class LogWalk(EthereumClient client, ulong most, ILogger log, ChainMetrics? metrics, LogWitness? witness = null)
{
    private readonly LogRange range = new(most);

    /// <returns>The logs of each filter, in the order of the chain.</returns>
    public async Task<IReadOnlyList<IReadOnlyList<Log>>> ReadAsync(IReadOnlyList<LogFilter> filters, ulong from, ulong to, CancellationToken cancellation)
    {
        List<Log>[] logs = [.. filters.Select(_ => new List<Log>())];
        while (from <= to)
        {
            var end = Math.Min(to, from + range.Current - 1);
            Told told;
            try
            {
                told = await QueryAsync([.. filters.Select(f => f with { FromBlock = BlockParameter.AtNumber(from), ToBlock = BlockParameter.AtNumber(end) })], from, end, cancellation);
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

            range.Held();
            for (var i = 0; i < logs.Length; i++) logs[i].AddRange(told.Logs[i]);
            if (witness is not null) await witness.CheckAsync(told, to, cancellation);
            from = end + 1;
        }

        return logs;
    }

    /// <returns>Null when it is not what it claims to be: it must not stop all that come after it, so it is reported and passed over.</returns>
    public T? Decode<T>(Log one, Func<Log, T> decode) where T : class
    {
        try
        {
            return decode(one);
        }
        catch (Exception e) when (e is AbiException or InvalidDataException or OverflowException or FormatException)
        {
            PassOver(one, e.Message);
            return null;
        }
    }

    // Asked together, so that one node answers all: a node that lacks the last block knows none of its logs either,
    // and would say "none" where it should say "not yet".
    private async Task<Told> QueryAsync(LogFilter[] filters, ulong from, ulong to, CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync(
            [.. filters.Select(f => new RpcRequest("eth_getLogs", f)), new RpcRequest("eth_getBlockByNumber", BlockParameter.AtNumber(to), false)], cancellation);
        var last = Numbered(answers[^1], to);
        return new Told(filters, [.. filters.Select((filter, i) => Checked(filter, answers[i].Get<IReadOnlyList<Log>?>()))], from, last);

        Log[] Checked(LogFilter filter, IReadOnlyList<Log>? found)
        {
            if (found is null) throw LedgerFault.Transient($"The node answered nothing for the logs of blocks {from} to {to}.");
            var asked = found.ToLookup(l => !l.Removed && filter.Address.Contains(l.Address) && l.BlockNumber >= from && l.BlockNumber <= to);
            foreach (var odd in asked[false]) PassOver(odd, "it is not what was asked for");
            return [.. asked[true]];
        }
    }

    /// <summary>The block that was asked for, and no other.</summary>
    public static Block Numbered(RpcResult answer, ulong number) =>
        answer.Get<Block?>() is { } block && block.Number == number ? block : throw LedgerFault.Transient($"The node does not have block {number} yet.");

    private void PassOver(Log one, string reason)
    {
        metrics?.QuarantinedLogs.Add(1);
        log.LogError("Log {Index} of transaction {Transaction} in block {Block} is passed over: {Reason}", one.LogIndex, one.TransactionHash, one.BlockNumber, reason);
    }
}

/// <summary>What a node told of some blocks.</summary>
/// <param name="Logs">Of each filter, in the order of the chain.</param>
/// <param name="From">The first block.</param>
/// <param name="Last">The last block.</param>
internal sealed record Told(IReadOnlyList<LogFilter> Filters, IReadOnlyList<IReadOnlyList<Log>> Logs, ulong From, Block Last);
