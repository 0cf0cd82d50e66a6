using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Reads logs over any number of blocks, as many at a time as the node takes.</summary>
/// <param name="witness">Looks whether the node left some out; null: nobody does.</param>
internal sealed class LogWalk(EthereumClient client, ulong most, ILogger log, ChainMetrics? metrics, LogWitness? witness = null)
{
    // Of what is asked from the first block on, and of what is asked later beside it: what others fill the newest blocks with must not make
    // the way through all the old ones longer.
    private readonly LogRange first = new(most), beside = new(most);

    /// <returns>The logs of each filter, in the order of the chain.</returns>
    public Task<IReadOnlyList<IReadOnlyList<Log>>> ReadAsync(IReadOnlyList<LogFilter> filters, ulong from, ulong to, CancellationToken cancellation) =>
        ReadAsync([.. filters.Select(f => new LogQuestion(f, from, IsWitnessed: true))], to, cancellation);

    /// <summary>Asks all in one batch, each from a block of its own: one round trip where each alone would take one.</summary>
    /// <returns>The logs of each question, in the order of the chain.</returns>
    public async Task<IReadOnlyList<IReadOnlyList<Log>>> ReadAsync(IReadOnlyList<LogQuestion> questions, ulong to, CancellationToken cancellation)
    {
        List<Log>[] logs = [.. questions.Select(_ => new List<Log>())];
        var (from, later) = (questions.Min(q => q.From), questions.Max(q => q.From));
        var haveOneStart = from == later;
        while (from <= to)
        {
            var end = Math.Min(to, from + first.Current - 1);
            if (end >= later && end - from >= beside.Current) end = from < later ? later - 1 : Math.Min(end, from + beside.Current - 1);
            var range = haveOneStart || end < later ? first : beside;
            Told told;
            try
            {
                told = await QueryAsync(questions, from, end, cancellation);
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
            if (witness is not null && questions.Any(q => q.IsWitnessed && q.From <= end)) await witness.CheckAsync(Witnessed(told, questions), to, cancellation);
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
    private async Task<Told> QueryAsync(IReadOnlyList<LogQuestion> questions, ulong from, ulong to, CancellationToken cancellation)
    {
        // One that begins later has nothing to ask yet.
        LogQuestion[] due = [.. questions.Where(q => q.From <= to)];
        var answers = await client.Rpc.SendBatchAsync(
            [.. due.Select(q => new RpcRequest("eth_getLogs", q.Filter with { FromBlock = BlockParameter.AtNumber(Math.Max(from, q.From)), ToBlock = BlockParameter.AtNumber(to) })), new RpcRequest("eth_getBlockByNumber", BlockParameter.AtNumber(to), false)], cancellation);
        var last = Numbered(answers[^1], to);
        return new Told([.. questions.Select(q => q.Filter)], [.. questions.Select(q => Array.IndexOf(due, q) is >= 0 and var i ? Checked(q, answers[i].Get<IReadOnlyList<Log>?>()) : [])], from, last);

        Log[] Checked(LogQuestion question, IReadOnlyList<Log>? found)
        {
            if (found is null) throw LedgerFault.Transient($"The node answered nothing for the logs of blocks {from} to {to}.");
            var asked = found.ToLookup(l => !l.Removed && question.Filter.Address.Contains(l.Address) && l.BlockNumber >= Math.Max(from, question.From) && l.BlockNumber <= to);
            foreach (var odd in asked[false]) PassOver(odd, "it is not what was asked for");
            return [.. asked[true]];
        }
    }

    private static Told Witnessed(Told told, IReadOnlyList<LogQuestion> questions)
    {
        int[] which = [.. Enumerable.Range(0, questions.Count).Where(i => questions[i].IsWitnessed)];
        return told with { Filters = [.. which.Select(i => told.Filters[i])], Logs = [.. which.Select(i => told.Logs[i])], From = Math.Max(told.From, which.Min(i => questions[i].From)) };
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

/// <param name="From">The first block that is asked about.</param>
/// <param name="IsWitnessed">Whether it is looked after that the node leaves none out; all that are must begin at the same block.</param>
internal sealed record LogQuestion(LogFilter Filter, ulong From, bool IsWitnessed = false);

/// <summary>What a node told of some blocks.</summary>
/// <param name="Logs">Of each filter, in the order of the chain.</param>
/// <param name="From">The first block.</param>
/// <param name="Last">The last block.</param>
internal sealed record Told(IReadOnlyList<LogFilter> Filters, IReadOnlyList<IReadOnlyList<Log>> Logs, ulong From, Block Last);
