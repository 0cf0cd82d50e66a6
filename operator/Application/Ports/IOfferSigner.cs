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
/// <param name="Sponsor">Zero address: the tenant pays. Else it alone may submit, pays, and is refunded.</param>
/// <param name="Provider">Zero address: any.</param>
/// <param name="Deposit">Escrow of each lease.</param>
/// <param name="Fills">How many leases this may become.</param>
/// <param name="MaxActivationSeconds">The longest that the escrow may wait for an activation.</param>
/// <param name="MinDowntimeBps">Least credit for a second of downtime, of the full rate.</param>
/// <param name="Auditor">Zero address: the datacenter's own word on its capabilities is enough.</param>
/// <param name="Arbiter">Rules in disputes; zero address: there are none.</param>
/// <param name="App">Id of the app whose owner gets a royalty; all zero: none.</param>
/// <param name="Callback">The tenant is a contract that wants its result.</param>
public sealed record RequestTerms(
    string Tenant,
    string Sponsor,
    string Token,
    string Provider,
    string SpecHash,
    Resources Resources,
    Prices MaxPrices,
    BigInteger MaxStartFee,
    BigInteger MaxMinCharge,
    BigInteger MaxReservationFee,
    BigInteger Deposit,
    uint Fills,
    uint DurationSeconds,
    uint MinNoticeSeconds,
    uint MaxNoticeSeconds,
    uint MaxActivationSeconds,
    ushort MinDowntimeBps,
    BigInteger RequiredCapabilities,
    string Auditor,
    string Arbiter,
    string App,
    bool Callback,
    long ExpiresAt,
    ulong Counter,
    BigInteger Salt)
{
    /// <summary>Whose money it is: the sponsor's where there is one.</summary>
    public string PaidBy() => Addresses.IsZero(Sponsor) ? Tenant : Sponsor;
}

/// <param name="StartFee">Due with the first receipt.</param>
/// <param name="MinCharge">Owed once the lease was activated.</param>
/// <param name="ReservationFee">Owed when the tenant gives the reservation up.</param>
/// <param name="DowntimeBps">Credit for a second of downtime, of the full rate.</param>
/// <param name="MaxRoyaltyBps">The most that an app may take of the gross.</param>
/// <param name="Arbiter">The Request's, which both sides have to name.</param>
public sealed record OfferTerms(
    Resources Resources,
    Prices Prices,
    BigInteger StartFee,
    BigInteger MinCharge,
    BigInteger ReservationFee,
    uint Volume,
    uint NoticeSeconds,
    uint ActivationSeconds,
    ushort DowntimeBps,
    ushort MaxRoyaltyBps,
    string Arbiter,
    long ExpiresAt,
    BigInteger Salt);

/// <param name="Provider">EIP-55 address.</param>
/// <param name="Signature">65 bytes, 0x hex.</param>
/// <param name="Counter">The provider's order counter that the Offer carries.</param>
public sealed record SignedOffer(string Provider, string Token, string RequestHash, OfferTerms Terms, ulong Counter, string Signature);
