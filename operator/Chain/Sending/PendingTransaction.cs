using System.Collections.Immutable;
using Federation.Application.Ports;
using Federation.Ethereum;
using Federation.Ethereum.Transactions;

namespace Federation.Chain.Sending;

/// <summary>One nonce and all that was signed for it: the transaction and its replacements, any of which may be mined.</summary>
/// <param name="draft">With its nonce; each version has fees of its own.</param>
/// <param name="purposes">Of each intent in it, see <see cref="JournalEntry"/>.</param>
internal sealed class PendingTransaction(Eip1559Transaction draft, IReadOnlyList<string> purposes)
{
    // Read by whoever writes the journal while its own waiter raises the fee.
    private readonly Lock guard = new();
    private volatile Signed state = new([], null, false);

    public ulong Nonce => draft.Nonce;

    public Eip1559Transaction Draft => draft;

    public IReadOnlyList<string> Purposes => purposes;

    /// <summary>Null when it was signed in an earlier term, and not again since.</summary>
    public SignedTransaction? Latest => state.Latest;

    public IEnumerable<Bytes32> Hashes => state.Versions.Select(v => v.Hash);

    public Bytes32 LastHash => state.Versions[^1].Hash;

    public Fee Fee => state.Versions[^1].Fee;

    /// <returns>Whether nobody knows its hash yet: signing the same again may give the same.</returns>
    public bool Add(SignedTransaction version)
    {
        var fee = new Fee(version.Transaction.MaxFeePerGas, version.Transaction.MaxPriorityFeePerGas);
        lock (guard)
        {
            var isNew = state.Versions.All(v => v.Hash != version.Hash);
            state = state with { Versions = isNew ? state.Versions.Add((version.Hash, fee)) : state.Versions, Latest = version };
            return isNew;
        }
    }

    public void Sent()
    {
        lock (guard) state = state with { IsSent = true };
    }

    /// <summary>Versions that another leader signed for the same: any of them may be mined. The last one stays the one to raise the fee of.</summary>
    /// <exception cref="FormatException">Not what <see cref="ToEntry"/> makes.</exception>
    public void Learn(JournalEntry entry)
    {
        lock (guard)
            foreach (var (hash, fee) in Versions(entry).Where(v => state.Versions.All(k => k.Hash != v.Hash)).ToArray())
                state = state with { Versions = state.Versions.Insert(0, (hash, fee)), IsSent = state.IsSent || entry.IsSent };
    }

    /// <summary>The version that was added last never left.</summary>
    /// <param name="before">The latest before it.</param>
    public void TakeBack(SignedTransaction? before)
    {
        lock (guard) state = state with { Versions = state.Versions.RemoveAt(state.Versions.Length - 1), Latest = before };
    }

    public JournalEntry ToEntry()
    {
        var now = state;
        return new JournalEntry(
            Nonce, purposes, draft.To?.ToString(), draft.Data, draft.Gas, [.. now.Versions.Select(v => new JournalVersion(v.Hash.ToString(), v.Fee.Max, v.Fee.Priority))])
        {
            IsSent = now.IsSent,
        };
    }

    /// <exception cref="FormatException">Not what <see cref="ToEntry"/> makes.</exception>
    public static PendingTransaction Of(JournalEntry entry, ulong chainId)
    {
        var draft = new Eip1559Transaction
        {
            ChainId = chainId, Nonce = entry.Nonce, MaxFeePerGas = 0, MaxPriorityFeePerGas = 0, Gas = entry.Gas, To = entry.To is { } to ? Address.Parse(to) : null, Data = entry.Data,
        };
        return new PendingTransaction(draft, entry.Purposes)
        {
            state = new Signed([.. Versions(entry)], null, entry.IsSent),
        };
    }

    private static IEnumerable<(Bytes32 Hash, Fee Fee)> Versions(JournalEntry entry) => entry.Versions.Select(v => (Bytes32.Parse(v.Hash), new Fee(v.MaxFee, v.PriorityFee)));

    private sealed record Signed(ImmutableArray<(Bytes32 Hash, Fee Fee)> Versions, SignedTransaction? Latest, bool IsSent);
}
