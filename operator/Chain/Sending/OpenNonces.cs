namespace Federation.Chain.Sending;

/// <summary>Nonces above the chain's that have a transaction of this key: waited for, or left behind unmined.</summary>
internal sealed class OpenNonces
{
    private readonly Lock guard = new();
    private readonly SortedDictionary<ulong, (PendingTransaction Transaction, bool IsWatched)> open = [];

    /// <summary>All of them, lowest nonce first.</summary>
    public IReadOnlyList<PendingTransaction> All
    {
        get
        {
            lock (guard) return [.. open.Values.Select(o => o.Transaction)];
        }
    }

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

    /// <summary>The lowest nonce that has to be used before this one, and that nobody waits for: what is there, if anything is, has its fee raised by nobody.</summary>
    /// <param name="count">What the chain says: nonces below it are used.</param>
    public ulong? GapBefore(ulong nonce, ulong count)
    {
        lock (guard)
        {
            for (var before = count; before < nonce; before++)
                if (!open.TryGetValue(before, out var taken) || !taken.IsWatched) return before;
        }

        return null;
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

    /// <summary>It was mined, and its block is no more: its place is free again, and a pool may hold it.</summary>
    public void Return(PendingTransaction transaction)
    {
        lock (guard) open.TryAdd(transaction.Nonce, (transaction, false));
    }

    /// <summary>It never left; the place is that of the one that was there before.</summary>
    public void Replace(PendingTransaction transaction, PendingTransaction? left)
    {
        lock (guard)
        {
            if (IsOf(transaction)) open.Remove(transaction.Nonce);
            if (left is not null) open.TryAdd(left.Nonce, (left, false));
        }
    }

    /// <summary>Its nonce is used, by it or by another.</summary>
    public void Forget(PendingTransaction transaction)
    {
        lock (guard)
            if (IsOf(transaction)) open.Remove(transaction.Nonce);
    }

    public void Clear()
    {
        lock (guard) open.Clear();
    }

    private bool IsOf(PendingTransaction transaction) => open.TryGetValue(transaction.Nonce, out var held) && held.Transaction == transaction;
}
