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

/// <summary>A Request that somebody wants an Offer for.</summary>
/// <param name="Signature">The payer's, that it asks for it, 0x hex; empty: none.</param>
/// <param name="Caller">Network address that it comes from.</param>
public sealed record QuoteDemand(RequestTerms Request, string Signature, string Caller);

/// <summary>Answers a Request after a node-level placement check.</summary>
public interface IQuoter
{
    Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation);
}

/// <summary>The quoter of a datacenter: an ordered list of checks, each with its public reason, then a held and signed Offer.</summary>
public sealed class Quoter(IDatacenterStore datacenters, IPayers payers, IMarketReader market, HeldOffers offers, IHasher hasher, TimeProvider clock) : IQuoter
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    public async Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation)
    {
        // 1. What the Request and the price book say; no read of chain or nodes.
        var request = demand.Request;
        if (await datacenters.ReadAsync(cancellation) is not { Spec: var datacenter })
            return QuoteResult.Refuse("DatacenterMissing", "This operator has no Datacenter object yet; its admin has to apply one.");
        var prices = PricesFor(request.Resources, datacenter);
        if (QuoteRules.CheckTerms(request, datacenter, prices, clock.GetUtcNow().ToUnixTimeSeconds()) is { } refused) return refused;

        // 2. Whether it is the payer who asks.
        if (await CheckSignatureAsync(demand, cancellation) is { } unsigned) return unsigned;

        // 3. Whether the contracts would take the match, and the payer has what it would cost.
        var offer = OfferFor(request, datacenter.Prices, prices!);
        var standing = market.ReadAsync(request, cancellation);
        var funds = payers.ReadFundsAsync(request, cancellation);
        await Task.WhenAll(standing, funds);
        if (QuoteRules.CheckStanding(request, offer, await standing) is { } unfit) return unfit;

        // 4. Whether the nodes have room, which is held from here on.
        return await offers.SignAsync(offer, request, new Asker(request.PaidBy(), demand.Caller, await funds), cancellation);
    }

    private async Task<QuoteResult?> CheckSignatureAsync(QuoteDemand demand, CancellationToken cancellation)
    {
        var payer = demand.Request.PaidBy();
        if (demand.Signature.Length == 0)
            return QuoteResult.Refuse(QuoteReasons.SignatureMissing, $"Who pays has to ask: send the signature of {payer} over Ask(Request request).");
        return await payers.HasAskedAsync(demand.Request, demand.Signature, cancellation) ? null : QuoteResult.Refuse(
            QuoteReasons.SignatureInvalid, $"The signature is not one of {payer}, who pays, over Ask(Request request) for this market and chain.");
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
