using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Pricing;

namespace Federation.Application.Quoting;

/// <summary>An Offer that is neither signed nor held yet, or why there is none.</summary>
public sealed record OfferDraft(OfferTerms? Offer, QuoteResult? Refusal);

/// <summary>What this datacenter offers for a Request, whoever asks and on whichever path: one set of rules for quotes and bids.</summary>
public sealed class OfferMaker(IDatacenterStore datacenters, IMarketReader market, Pricer pricer, IHasher hasher, TimeProvider clock)
{
    private static readonly OfferDraft Missing = new(
        null, QuoteResult.Refuse("DatacenterMissing", "This operator has no Datacenter object yet; its admin has to apply one."));

    /// <summary>By the Request and the price book alone, which is the least that it costs; no read of chain or nodes.</summary>
    public async Task<OfferDraft> DraftAsync(RequestTerms request, long expiresAt, BigInteger salt, CancellationToken cancellation)
    {
        if (await datacenters.ReadAsync(cancellation) is not { } record) return Missing;
        var prices = PricesFor(request.Resources, record.Spec.Prices);
        return QuoteRules.CheckTerms(request, record, prices, clock.GetUtcNow().ToUnixTimeSeconds()) is { } refused
            ? new OfferDraft(null, refused)
            : new OfferDraft(OfferFor(request, record.Spec.Prices, prices!, expiresAt, salt), null);
    }

    /// <summary>The draft at the prices of this moment; for who may be listened to, because others may have to be asked.</summary>
    public async Task<OfferDraft> PriceAsync(RequestTerms request, OfferTerms draft, CancellationToken cancellation)
    {
        if (await datacenters.ReadAsync(cancellation) is not { Spec: var datacenter }) return Missing;
        if (datacenter.Pricing is not { } policy) return new OfferDraft(draft, null);
        var (book, refusal) = await pricer.PriceAsync(datacenter.Prices, policy, request, cancellation);
        if (book is null) return new OfferDraft(null, refusal);
        var prices = PricesFor(request.Resources, book);
        return QuoteRules.CheckPrices(request, book, prices) is { } refused
            ? new OfferDraft(null, refused)
            : new OfferDraft(draft with { Prices = prices!, StartFee = book.StartFee, MinCharge = book.MinCharge, ReservationFee = book.ReservationFee }, null);
    }

    /// <summary>Why the contracts would not make a lease of it now; null when they would.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public async Task<QuoteResult?> CheckAsync(RequestTerms request, OfferTerms offer, CancellationToken cancellation) =>
        QuoteRules.CheckStanding(request, offer, await market.ReadAsync(request, cancellation));

    private static OfferTerms OfferFor(RequestTerms request, PriceBook book, Prices prices, long expiresAt, BigInteger salt) => new(
        request.Resources,
        prices,
        book.StartFee,
        book.MinCharge,
        book.ReservationFee,
        Volume: 1,
        Math.Clamp(book.NoticeSeconds, request.MinNoticeSeconds, request.MaxNoticeSeconds),
        Math.Min(book.ActivationSeconds, request.MaxActivationSeconds),
        book.DowntimeBps,
        book.MaxRoyaltyBps,
        request.Arbiter,
        expiresAt,
        salt);

    // Null when a GPU class is not sold here. What is not reserved has no price, as in the terms that the contract makes.
    private Prices? PricesFor(Resources resources, PriceBook book)
    {
        var byHash = book.Gpu.ToDictionary(p => ClassHash(p.Key), p => p.Value, StringComparer.OrdinalIgnoreCase);
        BigInteger? Gpu(GpuCount count) => count.IsNone ? 0 : byHash.TryGetValue(count.ClassHash, out var price) ? price : null;
        return Gpu(resources.GpuA) is { } a && Gpu(resources.GpuB) is { } b ? new Prices(
            book.Cpu, book.Memory, resources.StorageMiB > 0 ? book.Storage : 0, resources.EgressKiBps > 0 ? book.Egress : 0, a, b) : null;
    }

    private string ClassHash(string text) => hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(text));
}
