using System.Globalization;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Handing;

/// <summary>What was asked for, or why it is not handed over.</summary>
/// <param name="Reason">CamelCase, stable; empty when it is.</param>
/// <param name="Message">For people: what is wrong, and what to do.</param>
public sealed record Handed<T>(T? Value, string Reason = "", string Message = "")
    where T : class;

/// <summary>Why nothing is handed over, besides <see cref="QuoteReasons"/>.</summary>
public static class HandingReasons
{
    public const string ProofMissing = "ProofMissing";

    public const string ProofInvalid = "ProofInvalid";

    public const string NotYours = "NotYours";

    public const string LeaseUnknown = "LeaseUnknown";

    public const string ReceiptMissing = "ReceiptMissing";

    public const string ReceiptDiffers = "ReceiptDiffers";

    public const string EvidenceMissing = "EvidenceMissing";

    public const string WindowAmbiguous = "WindowAmbiguous";
}

/// <summary>Hands receipts and evidence of leases to who may see them, and takes tenants' signatures.</summary>
public interface IRecordDesk
{
    /// <returns>The receipt that the lease is settled by next.</returns>
    Task<Handed<SignedReceipt>> ReceiptAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation);

    IEvidenceDesk Evidence { get; }

    /// <summary>Takes the tenant's signature of the receipt that was handed out last. The same again changes nothing.</summary>
    /// <param name="digest">Of the receipt that is signed, 0x hex.</param>
    /// <param name="signature">Of the tenant's key or a session key, 0x hex.</param>
    Task<Handed<SignedReceipt>> CountersignAsync(LeaseId lease, string digest, string signature, CancellationToken cancellation);
}

/// <summary>Hands over what windows were closed with.</summary>
public interface IEvidenceDesk
{
    /// <returns>All windows that are kept of the lease, by their number.</returns>
    Task<Handed<IReadOnlyList<KeptWindow>>> ListAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation);

    /// <param name="window">Its number, or its root.</param>
    /// <returns>Its lines, UTF-8.</returns>
    Task<Handed<Stream>> OpenAsync(LeaseId lease, string window, ReaderClaim claim, CancellationToken cancellation);
}

/// <param name="shelf">Null: no evidence is kept here.</param>
public sealed class RecordDesk(IReaderProof proofs, IReceiptSigner signer, ReceiptBook receipts, IEvidenceShelf? shelf, OperatorHealth health) : IRecordDesk, IEvidenceDesk
{
    private static readonly string NoAddress = "0x" + new string('0', 40);

    public IEvidenceDesk Evidence => this;

    public async Task<Handed<SignedReceipt>> ReceiptAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation)
    {
        if (await RefuseAsync<SignedReceipt>(lease, claim, cancellation) is { } refusal) return refusal;
        while (receipts.Find(lease) is { } receipt)
        {
            var shown = receipts.Shown(lease) is { } before && before.Receipt == receipt ? before : await signer.SignAsync(receipt, cancellation);
            if (receipts.Show(shown)) return new(shown);
        }

        return new(null, HandingReasons.ReceiptMissing, "No receipt of this lease is to come: it is not active yet, nothing of it was measured yet, it stands still, or its last receipt is on chain. Ask again after its first window, an epoch after it was activated.");
    }

    public async Task<Handed<SignedReceipt>> CountersignAsync(LeaseId lease, string digest, string signature, CancellationToken cancellation)
    {
        if (ViewOf(lease) is not { } view) return Unknown<SignedReceipt>();
        if (receipts.Shown(lease) is not { } shown || !string.Equals(shown.Digest, digest, StringComparison.OrdinalIgnoreCase)) return Differs();
        if (receipts.IsRefused(shown.Receipt))
            return new(null, QuoteReasons.SignatureInvalid, $"The contract did not take a signature over receipt {shown.Receipt.Seq} of this lease, which is settled without one. To have it paid at once, call countersign of {shown.LeaseManager} yourself once it is on chain.");
        if (!await signer.IsCountersignedAsync(shown.Receipt, view.Terms.Tenant, signature, cancellation))
            return new(null, QuoteReasons.SignatureInvalid, $"The signature is not one of {view.Terms.Tenant}, or of a session key that it has set, over {shown.Digest}. A tenant that is a contract sets a session key (setSessionKey of {shown.LeaseManager}) and signs with that.");
        return receipts.Countersign(shown.Receipt, signature) ? new(shown) : Differs();
    }

    public async Task<Handed<IReadOnlyList<KeptWindow>>> ListAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation)
    {
        if (await RefuseAsync<IReadOnlyList<KeptWindow>>(lease, claim, cancellation) is { } refusal) return refusal;
        return shelf is null ? NothingKept<IReadOnlyList<KeptWindow>>() : new(await shelf.ListAsync(lease, cancellation));
    }

    public async Task<Handed<Stream>> OpenAsync(LeaseId lease, string window, ReaderClaim claim, CancellationToken cancellation)
    {
        if (await RefuseAsync<Stream>(lease, claim, cancellation) is { } refusal) return refusal;
        if (shelf is null) return NothingKept<Stream>();
        string[] roots = long.TryParse(window, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? [.. (await shelf.ListAsync(lease, cancellation)).Where(w => w.Window == number).Select(w => w.Root)] : [window];
        if (roots.Length > 1) return new(null, HandingReasons.WindowAmbiguous, $"{roots.Length} windows have the number {window}: ask for one by its root. Which one counts, the roots say that lead back from a receipt's.");
        return roots.Length == 1 && await shelf.OpenAsync(lease, roots[0], cancellation) is { } lines
            ? new(lines)
            : new(null, HandingReasons.EvidenceMissing, $"No window {window} of this lease is kept here: see the list at /v1/leases/{lease}/evidence. What was lost when its volume was full stays missing.");
    }

    // Who it is comes before whose the lease is: strangers learn nothing of what is here.
    private async Task<Handed<T>?> RefuseAsync<T>(LeaseId lease, ReaderClaim claim, CancellationToken cancellation)
        where T : class
    {
        if (health.Seen is null) return new(null, QuoteReasons.NotLeading, "This replica has not read the chain yet; ask again.");
        var who = await proofs.WhoAsync(claim, cancellation);
        if (who.Address.Length == 0) return new(null, claim.Message.Length == 0 ? HandingReasons.ProofMissing : HandingReasons.ProofInvalid, who.Problem);
        var readers = ViewOf(lease) is { } view ? new LeaseReaders(view.Terms.Tenant, view.Terms.Arbiter) : shelf is null ? null : await shelf.ReadersAsync(lease, cancellation);
        if (readers is null) return Unknown<T>();
        if (Is(readers.Tenant, who.Address) || Is(readers.Arbiter, who.Address) || await signer.IsSessionKeyAsync(readers.Tenant, who.Address, cancellation)) return null;
        return new(null, HandingReasons.NotYours, $"{who.Address} is neither the tenant of this lease, nor a session key that the tenant has set, nor its arbiter.");
    }

    private static bool Is(string party, string who) => party != NoAddress && string.Equals(party, who, StringComparison.OrdinalIgnoreCase);

    private LeaseView? ViewOf(LeaseId lease) => health.Seen?.Picture is { } picture
        ? picture.Views.GetValueOrDefault(lease) ?? picture.Owing.FirstOrDefault(v => v.Id == lease)
        : null;

    private static Handed<T> Unknown<T>()
        where T : class => new(null, HandingReasons.LeaseUnknown, "This datacenter has no such lease, or keeps nothing of it any more.");

    private static Handed<T> NothingKept<T>()
        where T : class => new(null, HandingReasons.EvidenceMissing, "This datacenter keeps no evidence (Federation:Evidence:Folder is not set).");

    private static Handed<SignedReceipt> Differs() => new(null, HandingReasons.ReceiptDiffers, "The receipt of this lease is another one by now, or was not handed out by this replica: get it, check it, and sign that one.");
}
