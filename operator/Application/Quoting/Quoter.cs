using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Application.Quoting;

/// <summary>A signed Offer, or why there is none.</summary>
public sealed record QuoteResult(SignedOffer? Offer, string Reason, string Message)
{
    public static QuoteResult Refuse(string reason, string message) => new(null, reason, message);
}

/// <summary>Answers a Request after a node-level placement check.</summary>
public interface IQuoter
{
    Task<QuoteResult> QuoteAsync(RequestTerms request, CancellationToken cancellation);
}

/// <summary>The quoter of a datacenter: an ordered list of checks, each with its public reason, then a held and signed Offer.</summary>
public sealed class Quoter(IDatacenterStore datacenters, IMarketReader market, HeldOffers offers, IHasher hasher, TimeProvider clock) : IQuoter
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    public async Task<QuoteResult> QuoteAsync(RequestTerms request, CancellationToken cancellation)
    {
        // 1. What the Request and the price book say; no read of chain or nodes.
        if (await datacenters.ReadAsync(cancellation) is not { Spec: var datacenter })
            return QuoteResult.Refuse("DatacenterMissing", "This operator has no Datacenter object yet; its admin has to apply one.");
        var prices = PricesFor(request.Resources, datacenter);
        if (QuoteRules.CheckTerms(request, datacenter, prices, clock.GetUtcNow().ToUnixTimeSeconds()) is { } refused) return refused;

        // 2. Whether the contracts would take the match.
        var offer = OfferFor(request, datacenter.Prices, prices!);
        var standing = await market.ReadAsync(request, cancellation);
        if (QuoteRules.CheckStanding(request, offer, standing) is { } unfit) return unfit;

        // 3. Whether the nodes have room, which is held from here on.
        return await offers.SignAsync(offer, request, cancellation);
    }

    private OfferTerms OfferFor(RequestTerms request, PriceBook book, Prices prices) => new(
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
        Math.Min((clock.GetUtcNow() + Life).ToUnixTimeSeconds(), request.ExpiresAt),
        new BigInteger(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16), isUnsigned: true));

    // Null when a GPU class is not sold here. What is not reserved has no price, as in the terms that the contract makes.
    private Prices? PricesFor(Resources resources, DatacenterSpec datacenter)
    {
        var book = datacenter.Prices;
        var byHash = book.Gpu.ToDictionary(p => ClassHash(p.Key), p => p.Value, StringComparer.OrdinalIgnoreCase);
        BigInteger? Gpu(GpuCount count) => count.IsNone ? 0 : byHash.TryGetValue(count.ClassHash, out var price) ? price : null;
        return Gpu(resources.GpuA) is { } a && Gpu(resources.GpuB) is { } b ? new Prices(
            book.Cpu, book.Memory, resources.StorageMiB > 0 ? book.Storage : 0, resources.EgressKiBps > 0 ? book.Egress : 0, a, b) : null;
    }

    private string ClassHash(string text) => hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(text));
}
