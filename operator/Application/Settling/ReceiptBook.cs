using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;

namespace Federation.Application.Settling;

/// <summary>
/// The receipts that leases are settled by next, as their tenants are shown them, and what tenants signed of them. Nothing in it
/// needs to survive a restart: looks fill it again, and tenants ask again.
/// </summary>
/// <param name="policy">How long a settlement waits for others: a receipt that a tenant was shown stays what it is meanwhile.</param>
public sealed class ReceiptBook(LeasePolicy policy)
{
    private readonly Lock gate = new();
    private readonly Dictionary<LeaseId, Entry> entries = [];

    /// <summary>A tenant signed: worth a look at once, so that what is sent has the signature.</summary>
    public event Action<LeaseId>? Countersigned;

    /// <summary>What the lease is settled by next; null when nothing is known that it could be.</summary>
    public Receipt? Find(LeaseId id)
    {
        lock (gate) return entries.GetValueOrDefault(id)?.Receipt;
    }

    /// <summary>What was shown of the lease's receipt; null when it was not, or is another one by now.</summary>
    public SignedReceipt? Shown(LeaseId id)
    {
        lock (gate) return entries.GetValueOrDefault(id)?.Shown;
    }

    /// <returns>False when the lease's receipt is another one by now.</returns>
    public bool Show(SignedReceipt shown) => Change(shown.Receipt, e => e with { Shown = shown });

    /// <param name="receipt">That was shown.</param>
    /// <param name="signature">The tenant's or a session key's, 0x hex, verified.</param>
    /// <returns>False when the lease's receipt is another one by now.</returns>
    public bool Countersign(Receipt receipt, string signature)
    {
        var isNews = false;
        // The first one counts: others of the same key, as many as one likes, are no news.
        if (!Change(receipt, e => (isNews = e.Signature.Length == 0 && !e.IsRefused) ? e with { Signature = signature } : e)) return false;
        if (isNews) Countersigned?.Invoke(receipt.Id);
        return true;
    }

    /// <summary>
    /// A settlement failed with the tenant's signature. The lease's next settlement goes without one, whatever else its tenant signs:
    /// each further failure would be its provider's to pay.
    /// </summary>
    public void Refuse(Receipt receipt)
    {
        lock (gate)
            if (entries.TryGetValue(receipt.Id, out var entry) && entry.Receipt.Seq == receipt.Seq) entries[receipt.Id] = entry with { Signature = "", IsRefused = true };
    }

    /// <summary>Whether that receipt goes without its tenant's signature, which failed once.</summary>
    public bool IsRefused(Receipt receipt)
    {
        lock (gate) return entries.TryGetValue(receipt.Id, out var entry) && entry.Receipt == receipt && entry.IsRefused;
    }

    /// <summary>
    /// What a look wants, with the receipt that the tenant was shown in place of a newer one while it may still be signed, and with
    /// what was signed. Nothing waits for a tenant: what it was shown only stays the same for as long as the settlement waits for
    /// others anyway, and once it is signed until that is sent.
    /// </summary>
    /// <param name="next">What the lease could be settled by now; null when by nothing.</param>
    /// <param name="now">Unix seconds by the chain's clock.</param>
    public IReadOnlyList<LeaseIntent> Agree(LeaseId id, Receipt? next, IReadOnlyList<LeaseIntent> intents, long now)
    {
        lock (gate)
        {
            var settle = intents.OfType<SettleIntent>().FirstOrDefault();
            var before = entries.GetValueOrDefault(id);
            if ((settle?.Receipt ?? next) is not { } fresh)
            {
                entries.Remove(id);
                return intents;
            }

            var entry = before?.Receipt == fresh || (settle is not null && Stays(before, settle, now)) ? before! : new Entry(fresh) { IsRefused = before is { IsRefused: true } && before.Receipt.Seq == fresh.Seq };
            if (settle is null)
            {
                entries[id] = entry with { WantedSince = 0 };
                return intents;
            }

            entries[id] = entry = entry with { WantedSince = entry.WantedSince == 0 ? now : entry.WantedSince };
            // What has to be on chain in time rests on nobody's word: a session key that is taken back meanwhile would have it skipped.
            var agreed = settle with { Receipt = entry.Receipt, TenantSignature = settle.Urgency == SettleUrgency.Bound || entry.Receipt.IsFinal ? "" : entry.Signature };
            return [.. intents.Select(i => ReferenceEquals(i, settle) ? agreed : i)];
        }
    }

    public void Forget(LeaseId id)
    {
        lock (gate) entries.Remove(id);
    }

    // What ends a lease says all that there is to say.
    private bool Stays(Entry? before, SettleIntent settle, long now) =>
        before is { Shown: not null, WantedSince: > 0 } && before.Receipt.Seq == settle.Receipt.Seq && !settle.Receipt.IsFinal && settle.Urgency != SettleUrgency.Bound
        && (settle.Urgency == SettleUrgency.Waiting || before.Signature.Length > 0) && now - before.WantedSince <= 2 * policy.SettlePatienceMs / 1000;

    private bool Change(Receipt receipt, Func<Entry, Entry> change)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(receipt.Id, out var entry) || entry.Receipt != receipt) return false;
            entries[receipt.Id] = change(entry);
            return true;
        }
    }

    /// <param name="Receipt">What the lease is settled by next.</param>
    private sealed record Entry(Receipt Receipt)
    {
        public SignedReceipt? Shown { get; init; }

        public string Signature { get; init; } = "";

        public bool IsRefused { get; init; }

        /// <summary>Unix seconds since when it is wanted on chain; 0 while it is not.</summary>
        public long WantedSince { get; init; }
    }
}
