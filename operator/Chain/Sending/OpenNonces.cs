namespace Federation.Chain.Sending;

/// <summary>Nonces above the chain's that have a transaction of this process: waited for, or left behind unmined.</summary>
internal sealed class OpenNonces
{
    private readonly Lock guard = new();
    private readonly SortedDictionary<ulong, (PendingTransaction Transaction, bool IsWatched)> open = [];

    /// <summary>The nonce for another transaction, and the one of ours that was left behind with it; null when none was.</summary>
    /// <param name="count">What the chain says: nonces below it are used.</param>
    public (ulong Nonce, PendingTransaction? Left) Next(ulong count)
    {
        lock (guard)
        {
            foreach (var used in open.Where(o => o.Key < count && !o.Value.IsWatched).ToArray()) open.Remove(used.Key);
            var nonce = count;
            while (open.TryGetValue(nonce, out var taken) && taken.IsWatched) nonce++;
            return (nonce, open.TryGetValue(nonce, out var left) ? left.Transaction : null);
        }
    }

    public void Watch(PendingTransaction transaction)
    {
        lock (guard) open[transaction.Nonce] = (transaction, true);
    }

    /// <summary>Nobody waits for it any more. It may still be mined.</summary>
    public void Leave(PendingTransaction transaction)
    {
        lock (guard)
            if (IsOf(transaction)) open[transaction.Nonce] = (transaction, false);
    }

    /// <summary>Its nonce is used, by it or by another.</summary>
    public void Forget(PendingTransaction transaction)
    {
        lock (guard)
            if (IsOf(transaction)) open.Remove(transaction.Nonce);
    }

    /// <summary>No other of ours has to be mined before it.</summary>
    public bool IsFirst(PendingTransaction transaction)
    {
        lock (guard) return open.Count == 0 || open.First().Key >= transaction.Nonce;
    }

    private bool IsOf(PendingTransaction transaction) => open.TryGetValue(transaction.Nonce, out var held) && held.Transaction == transaction;
}
