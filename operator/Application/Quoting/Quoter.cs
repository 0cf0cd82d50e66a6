using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Telemetry;
using Federation.Domain.Placement;

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
public sealed class Quoter(OfferMaker maker, IPayers payers, HeldOffers offers, TimeProvider clock, QuoteMetrics? metrics = null) : IQuoter
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    public async Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation)
    {
        using var span = Spans.Start("quote");
        var result = await AnswerAsync(demand, cancellation);
        span?.SetTag(Spans.RequestHashName, result.Offer?.RequestHash).SetTag("federation.refusal", result.Offer is null ? result.Reason : null);
        metrics?.Count(result);
        return result;
    }

    private async Task<QuoteResult> AnswerAsync(QuoteDemand demand, CancellationToken cancellation)
    {
        // 1. What the Request and the price book say; no read of chain or nodes.
        var request = demand.Request;
        var expires = Math.Min((clock.GetUtcNow() + Life).ToUnixTimeSeconds(), request.ExpiresAt);
        var salt = new BigInteger(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16), isUnsigned: true);
        var (least, refused) = await maker.DraftAsync(request, expires, salt, cancellation);
        if (least is null) return refused!;

        // 2. Whether it is the payer who asks.
        if (await CheckSignatureAsync(demand, cancellation) is { } unsigned) return unsigned;

        // 3. What it costs now.
        var priced = await maker.PriceAsync(request, least, cancellation);
        if (priced.Offer is not { } offer) return priced.Refusal!;

        // 4. Whether the contracts would take the match, and the payer has what it would cost.
        var promised = await offers.PromisedToAsync(request.PaidBy(), cancellation);
        var unfit = maker.CheckAsync(request, offer, cancellation);
        var funds = payers.ReadFundsAsync(request, promised, cancellation);
        await Task.WhenAll(unfit, funds);
        if (await unfit is { } refusal) return refusal;

        // 5. Whether the nodes have room, which is held from here on.
        var asker = new Asker(request.PaidBy(), demand.Caller, (await funds).Amount) { Matched = (await funds).Matched };
        return await offers.SignAsync(offer, request, asker, cancellation);
    }

    private async Task<QuoteResult?> CheckSignatureAsync(QuoteDemand demand, CancellationToken cancellation)
    {
        var payer = demand.Request.PaidBy();
        if (demand.Signature.Length == 0)
            return QuoteResult.Refuse(QuoteReasons.SignatureMissing, $"Who pays has to ask: send the signature of {payer} over Ask(Request request).");
        return await payers.HasAskedAsync(demand.Request, demand.Signature, cancellation) ? null : QuoteResult.Refuse(
            QuoteReasons.SignatureInvalid, $"The signature is not one of {payer}, who pays, over Ask(Request request) for this market and chain.");
    }
}
