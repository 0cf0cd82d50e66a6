using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>
/// Whether a node leaves logs out. The bloom of a header holds every log of its block: where it may hold one that was asked
/// for, and none came, the block's receipts are looked through. So a bloom that only seems to hold one costs a call, and
/// accuses nobody. Each block is looked at once, a little after it is confirmed.
/// </summary>
internal sealed class LogWitness(EthereumClient client, ILogger log)
{
    private const int AtOnce = 64;

    // How far back the first look of a process goes: what was matched while it was away.
    private const ulong FirstLook = 1_024;

    // A bloom with more bits set says yes to every third question: it is no evidence, and the receipts are some megabytes.
    private const int MostOnes = Bloom.Size * 7;

    // All up to this block agrees; null before the first look.
    private Block? mark;
    private bool isUnserved;

    /// <param name="told">What the node told of blocks up to one that is <paramref name="newest"/> or older.</param>
    /// <exception cref="Application.Ports.LedgerException">The node left logs out. The same blocks are looked at again next time.</exception>
    public async Task CheckAsync(Told told, ulong newest, CancellationToken cancellation)
    {
        var first = Math.Max(told.From, newest - Math.Min(newest, FirstLook - 1));
        var (known, next) = (mark, mark is null ? first : Math.Max(told.From, mark.Number + 1));
        while (next <= told.Last.Number)
        {
            var blocks = await ReadAsync(next, told.Last, cancellation);
            if (known is not null && known.Number + 1 == next && blocks[0].ParentHash != known.Hash)
            {
                // Blocks were replaced after they were looked at: the new ones have not been.
                (known, next) = (null, Math.Min(first, next));
                continue;
            }

            foreach (var block in blocks) await CheckAsync(block, told, cancellation);
            (mark, known) = (blocks[^1], null);
            next = mark.Number + 1;
        }
    }

    // Most often there is one new block, which the walk has read by the way.
    private async Task<IReadOnlyList<Block>> ReadAsync(ulong from, Block last, CancellationToken cancellation)
    {
        if (from == last.Number) return [last];
        var count = (int)Math.Min(last.Number - from + 1, AtOnce);
        var answers = await client.Rpc.SendBatchAsync(
            [.. Enumerable.Range(0, count).Select(i => new RpcRequest("eth_getBlockByNumber", BlockParameter.AtNumber(from + (ulong)i), false))], cancellation);
        return [.. answers.Select((a, i) => LogWalk.Numbered(a, from + (ulong)i))];
    }

    private async Task CheckAsync(Block block, Told told, CancellationToken cancellation)
    {
        if (block.LogsBloom is not { Length: Bloom.Size } bits || new Bloom(bits) is not { Ones: > 0 and <= MostOnes } bloom) return;
        var suspect = told.Filters.Where((f, i) => f.MayMatchIn(bloom) && !told.Logs[i].Any(l => l.BlockNumber == block.Number)).ToArray();
        if (suspect.Length == 0 || await ReceiptsAsync(block, cancellation) is not { } receipts) return;
        var left = receipts.SelectMany(r => r.Logs).FirstOrDefault(l => l.BlockHash == block.Hash && suspect.Any(f => f.Matches(l)));
        if (left is not null)
            throw LedgerFault.Transient(
                $"The node leaves logs out: its receipts of block {block.Number} hold log {left.LogIndex} of transaction {left.TransactionHash}, which it does not tell of when it is asked for logs. Leases may be missing from what it says; repair its index of logs, or give the operator another node.");
    }

    // What cannot be looked up accuses nobody.
    private async Task<IReadOnlyList<TransactionReceipt>?> ReceiptsAsync(Block block, CancellationToken cancellation)
    {
        try
        {
            if (await client.GetBlockReceiptsAsync(block.Number, cancellation) is { } receipts) return receipts;
            Unserved("it answers null");
        }
        catch (Exception e) when (e is RpcResponseException or RpcTransportException { IsTransient: false })
        {
            Unserved(e.Message);
        }

        return null;
    }

    private void Unserved(string reason)
    {
        if (isUnserved) return;
        isUnserved = true;
        log.LogWarning("The node does not serve the receipts of whole blocks ({Reason}): logs that it leaves out are not noticed by them", reason);
    }
}
