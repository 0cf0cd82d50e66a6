using Federation.Application.Ports;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Sending;

/// <summary>What became of what was sent: in an earlier term, and in blocks that may still go away.</summary>
internal sealed class LookBack(EthereumClient client, Address sender, OpenNonces open, SendBook book, ILogger log, ChainMetrics? metrics)
{
    /// <summary>
    /// Mined: it is told to whoever wants the same. Known to a node: it is waited for, and its fee raised. Neither: it never left, or
    /// every pool has forgotten it; what it was for is decided anew, and the place is the next one's. Its nonce used by a stranger:
    /// likewise. What is of another key is not this one's to go on with, and stays in the journal; what is known already is left as it is.
    /// </summary>
    public async Task<IReadOnlyList<Adopted>> AdoptAsync(
        ISendJournal journal, ulong chainId, Func<PendingTransaction, Task<SendOutcome>> follow, Func<TransactionReceipt, Task<SendOutcome>> finish, CancellationToken cancellation)
    {
        var all = await journal.ReadAsync(cancellation);
        var strange = all.Where(e => e.Sender.Length > 0 && SenderOf(e) != sender).ToArray();
        var known = book.Mined.Select(m => m.Transaction).Concat(open.All).SelectMany(t => t.Hashes).Select(h => h.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // A late leader may have raised the fee of what this one waits for: whichever is mined, it is the same.
        foreach (var waiting in open.All)
            foreach (var entry in all.Where(e => !strange.Contains(e) && e.Nonce == waiting.Nonce && e.Data.AsSpan().SequenceEqual(waiting.Draft.Data))) waiting.Learn(entry);
        var entries = all.Where(e => !strange.Contains(e) && !e.Versions.Any(v => known.Contains(v.Hash))).ToArray();
        // The nonce is read before the receipts: mined in between, it shows among them.
        var count = entries.Length == 0 ? 0 : await client.GetTransactionCountAsync(sender, BlockParameter.Latest, cancellation);
        var found = new List<(PendingTransaction Transaction, TransactionReceipt? Receipt)>();
        foreach (var entry in entries)
        {
            // Of what was mined the call is not kept: where its block is gone, nothing could be signed for it.
            var transaction = Read(entry, chainId);
            var receipt = await ReceiptAsync(transaction, cancellation);
            if (receipt is null && (entry.Data.Length == 0 || entry.Nonce < count || !await IsKnownAsync(transaction, cancellation)))
                log.LogInformation("Nonce {Nonce} of an earlier term, {Transaction}, is not to be found; what it was for is looked at anew", entry.Nonce, transaction.LastHash);
            else
                found.Add((transaction, receipt));
        }

        foreach (var entry in strange) log.LogInformation("Nonce {Nonce} in the journal is of another key, {Sender}; it stays there until it is used for good", entry.Nonce, entry.Sender);
        book.KeepStrange(strange);
        // Nothing was changed before everything was read: else the next try would begin with half of it.
        return [.. found.Select(f => new Adopted(f.Transaction.Purposes, f.Receipt is { } mined ? Told(f.Transaction, mined) : Watched(f.Transaction)))];

        Task<SendOutcome> Told(PendingTransaction transaction, TransactionReceipt receipt)
        {
            book.NoteMined(transaction, receipt);
            return finish(receipt);
        }

        Task<SendOutcome> Watched(PendingTransaction transaction)
        {
            log.LogInformation("Going on with {Transaction}, nonce {Nonce}, of an earlier term", transaction.LastHash, transaction.Nonce);
            open.Watch(transaction);
            return follow(transaction);
        }
    }

    /// <summary>
    /// Looks at what is mined and not final. Whose block is gone is forgotten: the view of the leases wants it again, under the nonce
    /// that is free again, so that it takes effect once.
    /// </summary>
    /// <param name="finalized">Number of the last block that no reorg takes away.</param>
    public async Task ConfirmAsync(ulong finalized, Action<SendStep, IReadOnlyList<string>>? at, CancellationToken cancellation)
    {
        foreach (var mined in book.Mined)
        {
            var receipt = await ReceiptAsync(mined.Transaction, cancellation);
            if (receipt is null)
            {
                log.LogWarning("Nonce {Nonce} was in block {Block}, which a reorg took away", mined.Transaction.Nonce, mined.Block);
                metrics?.Reorged.Add(1);
                open.Return(mined.Transaction);
                book.Forget(mined);
            }
            else if (receipt.BlockNumber <= finalized)
            {
                at?.Invoke(SendStep.Finalized, mined.Transaction.Purposes);
                book.Forget(mined);
            }
            else
            {
                if (receipt.BlockHash.ToString() != mined.BlockHash) book.NoteMined(mined.Transaction, receipt);
                at?.Invoke(SendStep.Confirmed, mined.Transaction.Purposes);
            }
        }

        if (finalized > 0) await ForgetUsedAsync(finalized, cancellation);
    }

    // Of other keys: whose nonce was used in a block that no reorg takes away, by it or by another, can be mined no more.
    private async Task ForgetUsedAsync(ulong finalized, CancellationToken cancellation)
    {
        foreach (var key in book.Strange.Select(SenderOf).Distinct())
        {
            var used = await client.GetTransactionCountAsync(key, BlockParameter.AtNumber(finalized), cancellation);
            book.ForgetStrange(e => SenderOf(e) == key && e.Nonce < used);
        }
    }

    private static Address SenderOf(JournalEntry entry)
    {
        try
        {
            return Address.Parse(entry.Sender);
        }
        catch (FormatException e)
        {
            throw new ClusterException("JournalUnreadable", $"The sender of the journal's nonce {entry.Nonce} cannot be read: {e.Message}", isTransient: false, e);
        }
    }

    private static PendingTransaction Read(JournalEntry entry, ulong chainId)
    {
        try
        {
            return PendingTransaction.Of(entry, chainId);
        }
        catch (FormatException e)
        {
            throw new ClusterException("JournalUnreadable", $"The journal's nonce {entry.Nonce} cannot be read: {e.Message}", isTransient: false, e);
        }
    }

    private async Task<TransactionReceipt?> ReceiptAsync(PendingTransaction transaction, CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync([.. transaction.Hashes.Select(h => new RpcRequest("eth_getTransactionReceipt", h))], cancellation);
        return answers.Select(a => a.Get<TransactionReceipt?>()).FirstOrDefault(r => r is not null);
    }

    private async Task<bool> IsKnownAsync(PendingTransaction transaction, CancellationToken cancellation)
    {
        foreach (var hash in transaction.Hashes)
            if (await client.GetTransactionByHashAsync(hash, cancellation) is not null) return true;
        return false;
    }
}
