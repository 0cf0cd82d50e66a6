namespace Federation.Chain.Sending;

/// <summary>Nonces above the chain's that have a transaction of this key: waited for, or left behind unmined.</summary>
internal sealed class OpenNonces
{
    private readonly Lock guard = new();
    // Far more than are open at once.
    private const int MostTried = 256;

    private readonly SortedDictionary<ulong, (PendingTransaction Transaction, bool IsWatched)> open = [];

    // All that left for a nonce, whoever has its place now: any of it may be mined until the nonce is used.
    private readonly SortedDictionary<ulong, List<PendingTransaction>> tried = [];

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

    /// <summary>Where something was signed for one of the purposes and may still be mined; null: nowhere.</summary>
    public HeldPlace? Held(IReadOnlyCollection<string> purposes)
    {
        lock (guard)
        {
            foreach (var (nonce, all) in tried)
            {
                PendingTransaction[] same = [.. all.Where(t => t.Purposes.Any(purposes.Contains))];
                if (same.Length == 0) continue;
                var isOpen = open.TryGetValue(nonce, out var now);
                return new HeldPlace(nonce, isOpen && now.IsWatched, isOpen ? now.Transaction : null, same);
            }
        }

        return null;
    }

    /// <summary>It was seen that the nonce is used, and what became of these; what else was tried there is looked for by who wants that again.</summary>
    public void Used(ulong nonce, IReadOnlyCollection<PendingTransaction> same)
    {
        lock (guard)
        {
            if (tried.TryGetValue(nonce, out var all) && all.RemoveAll(same.Contains) > 0 && all.Count == 0) tried.Remove(nonce);
            if (open.TryGetValue(nonce, out var there) && !there.IsWatched) open.Remove(nonce);
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
        lock (guard)
        {
            open[transaction.Nonce] = (transaction, true);
            Try(transaction);
        }
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
        lock (guard)
            if (open.TryAdd(transaction.Nonce, (transaction, false))) Try(transaction);
    }

    /// <summary>It never left; the place is that of the one that was there before.</summary>
    public void Replace(PendingTransaction transaction, PendingTransaction? left)
    {
        lock (guard)
        {
            if (IsOf(transaction)) open.Remove(transaction.Nonce);
            if (left is not null) open.TryAdd(left.Nonce, (left, false));
            if (tried.TryGetValue(transaction.Nonce, out var all) && all.Remove(transaction) && all.Count == 0) tried.Remove(transaction.Nonce);
        }
    }

    /// <summary>Its nonce is used, by it or by another.</summary>
    public void Forget(PendingTransaction transaction)
    {
        lock (guard)
        {
            if (!IsOf(transaction)) return;
            open.Remove(transaction.Nonce);
            tried.Remove(transaction.Nonce);
        }
    }

    /// <summary>Another took its place: what was tried there is looked for by who wants the same again.</summary>
    public void Lose(PendingTransaction transaction)
    {
        lock (guard)
            if (IsOf(transaction)) open.Remove(transaction.Nonce);
    }

    public void Clear()
    {
        lock (guard)
        {
            open.Clear();
            tried.Clear();
        }
    }

    private void Try(PendingTransaction transaction)
    {
        if (!tried.TryGetValue(transaction.Nonce, out var all)) tried[transaction.Nonce] = all = [];
        if (!all.Contains(transaction)) all.Add(transaction);
        if (tried.Count > MostTried && tried.Keys.FirstOrDefault(n => !open.ContainsKey(n), ulong.MaxValue) is var old) tried.Remove(old);
    }

    private bool IsOf(PendingTransaction transaction) => open.TryGetValue(transaction.Nonce, out var held) && held.Transaction == transaction;
}

/// <summary>A nonce that something was signed for.</summary>
/// <param name="IsWatched">Somebody waits for what has its place now, whatever that is for.</param>
/// <param name="Left">What has its place now; null: nothing that is known.</param>
/// <param name="Same">What was signed for it and for the same purpose.</param>
internal sealed record HeldPlace(ulong Nonce, bool IsWatched, PendingTransaction? Left, IReadOnlyList<PendingTransaction> Same);
