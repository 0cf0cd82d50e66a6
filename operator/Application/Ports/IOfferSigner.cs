using System.Numerics;
using Federation.Domain.Pricing;

namespace Federation.Application.Ports;

/// <summary>Signs Offers with the provider's operator key.</summary>
public interface IOfferSigner
{
    /// <summary>Hash of the Request as the contract computes it, so that the Offer is bound to it.</summary>
    Task<SignedOffer> SignAsync(OfferTerms offer, RequestTerms request, CancellationToken cancellation);
}

/// <summary>A tenant's demand as it reaches a quote; amounts in smallest units, times in seconds.</summary>
public sealed record RequestTerms(
    string Tenant,
    string Token,
    string Provider,
    string SpecHash,
    Resources Resources,
    Prices MaxPrices,
    BigInteger MaxMinCharge,
    BigInteger Deposit,
    uint Fills,
    uint DurationSeconds,
    uint MinNoticeSeconds,
    uint MaxNoticeSeconds,
    BigInteger RequiredCapabilities,
    long ExpiresAt,
    ulong Counter,
    BigInteger Salt);

public sealed record OfferTerms(
    Resources Resources,
    Prices Prices,
    BigInteger MinCharge,
    uint Volume,
    uint NoticeSeconds,
    uint ActivationSeconds,
    long ExpiresAt,
    BigInteger Salt);

/// <param name="Provider">EIP-55 address.</param>
/// <param name="Signature">65 bytes, 0x hex.</param>
/// <param name="Counter">The provider's order counter that the Offer carries.</param>
public sealed record SignedOffer(string Provider, string Token, string RequestHash, OfferTerms Terms, ulong Counter, string Signature);
