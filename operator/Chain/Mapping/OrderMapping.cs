using Federation.Application.Ports;
using Federation.Ethereum;
using Contract = Federation.Chain.Bindings;

namespace Federation.Chain.Mapping;

/// <summary>Offers and Requests between the ports and the contracts.</summary>
public static class OrderMapping
{
    /// <exception cref="FormatException">An address or hash that is none.</exception>
    /// <exception cref="OverflowException">A negative time.</exception>
    public static Contract.Request ToContract(this RequestTerms value) => new()
    {
        Tenant = Address.Parse(value.Tenant),
        Sponsor = Address.Parse(value.Sponsor),
        Token = Address.Parse(value.Token),
        Provider = Address.Parse(value.Provider),
        SpecHash = Bytes32.Parse(value.SpecHash),
        Resources = value.Resources.ToContract(),
        MaxPrices = value.MaxPrices.ToContract(),
        MaxStartFee = value.MaxStartFee,
        MaxMinCharge = value.MaxMinCharge,
        MaxReservationFee = value.MaxReservationFee,
        Deposit = value.Deposit,
        Fills = value.Fills,
        DurationSeconds = value.DurationSeconds,
        MinNoticeSeconds = value.MinNoticeSeconds,
        MaxNoticeSeconds = value.MaxNoticeSeconds,
        MaxActivationSeconds = value.MaxActivationSeconds,
        MinDowntimeBps = value.MinDowntimeBps,
        RequiredCapabilities = value.RequiredCapabilities,
        Auditor = Address.Parse(value.Auditor),
        Arbiter = Address.Parse(value.Arbiter),
        App = Bytes32.Parse(value.App),
        Callback = value.Callback,
        ExpiresAt = checked((ulong)value.ExpiresAt),
        Counter = value.Counter,
        Salt = value.Salt,
    };

    public static RequestTerms ToDomain(this Contract.Request value) => new(
        value.Tenant.ToString(),
        value.Sponsor.ToString(),
        value.Token.ToString(),
        value.Provider.ToString(),
        value.SpecHash.ToString(),
        value.Resources.ToDomain(),
        value.MaxPrices.ToDomain(),
        value.MaxStartFee,
        value.MaxMinCharge,
        value.MaxReservationFee,
        value.Deposit,
        value.Fills,
        value.DurationSeconds,
        value.MinNoticeSeconds,
        value.MaxNoticeSeconds,
        value.MaxActivationSeconds,
        value.MinDowntimeBps,
        value.RequiredCapabilities,
        value.Auditor.ToString(),
        value.Arbiter.ToString(),
        value.App.ToString(),
        value.Callback,
        (long)value.ExpiresAt,
        value.Counter,
        value.Salt);

    /// <param name="requestHash">The one Request that it is for; zero: any.</param>
    public static Contract.Offer ToContract(this OfferTerms value, Address provider, Address token, Bytes32 requestHash, ulong counter) => new()
    {
        Provider = provider,
        Token = token,
        RequestHash = requestHash,
        Resources = value.Resources.ToContract(),
        Prices = value.Prices.ToContract(),
        StartFee = value.StartFee,
        MinCharge = value.MinCharge,
        ReservationFee = value.ReservationFee,
        Volume = value.Volume,
        NoticeSeconds = value.NoticeSeconds,
        ActivationSeconds = value.ActivationSeconds,
        DowntimeBps = value.DowntimeBps,
        MaxRoyaltyBps = value.MaxRoyaltyBps,
        Arbiter = Address.Parse(value.Arbiter),
        ExpiresAt = checked((ulong)value.ExpiresAt),
        Counter = counter,
        Salt = value.Salt,
    };

    public static Contract.Offer ToContract(this SignedOffer value) => value.Terms.ToContract(
        Address.Parse(value.Provider), Address.Parse(value.Token), Bytes32.Parse(value.RequestHash), value.Counter);

    public static OfferTerms ToDomain(this Contract.Offer value) => new(
        value.Resources.ToDomain(),
        value.Prices.ToDomain(),
        value.StartFee,
        value.MinCharge,
        value.ReservationFee,
        value.Volume,
        value.NoticeSeconds,
        value.ActivationSeconds,
        value.DowntimeBps,
        value.MaxRoyaltyBps,
        value.Arbiter.ToString(),
        (long)value.ExpiresAt,
        value.Salt);
}
