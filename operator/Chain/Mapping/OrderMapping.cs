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
        Token = Address.Parse(value.Token),
        Provider = Address.Parse(value.Provider),
        SpecHash = Bytes32.Parse(value.SpecHash),
        Resources = value.Resources.ToContract(),
        MaxPrices = value.MaxPrices.ToContract(),
        MaxMinCharge = value.MaxMinCharge,
        Deposit = value.Deposit,
        Fills = value.Fills,
        DurationSeconds = value.DurationSeconds,
        MinNoticeSeconds = value.MinNoticeSeconds,
        MaxNoticeSeconds = value.MaxNoticeSeconds,
        RequiredCapabilities = value.RequiredCapabilities,
        ExpiresAt = checked((ulong)value.ExpiresAt),
        Counter = value.Counter,
        Salt = value.Salt,
    };

    public static RequestTerms ToDomain(this Contract.Request value) => new(
        value.Tenant.ToString(),
        value.Token.ToString(),
        value.Provider.ToString(),
        value.SpecHash.ToString(),
        value.Resources.ToDomain(),
        value.MaxPrices.ToDomain(),
        value.MaxMinCharge,
        value.Deposit,
        value.Fills,
        value.DurationSeconds,
        value.MinNoticeSeconds,
        value.MaxNoticeSeconds,
        value.RequiredCapabilities,
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
        MinCharge = value.MinCharge,
        Volume = value.Volume,
        NoticeSeconds = value.NoticeSeconds,
        ActivationSeconds = value.ActivationSeconds,
        ExpiresAt = checked((ulong)value.ExpiresAt),
        Counter = counter,
        Salt = value.Salt,
    };

    public static Contract.Offer ToContract(this SignedOffer value) => value.Terms.ToContract(
        Address.Parse(value.Provider), Address.Parse(value.Token), Bytes32.Parse(value.RequestHash), value.Counter);

    public static OfferTerms ToDomain(this Contract.Offer value) => new(
        value.Resources.ToDomain(),
        value.Prices.ToDomain(),
        value.MinCharge,
        value.Volume,
        value.NoticeSeconds,
        value.ActivationSeconds,
        (long)value.ExpiresAt,
        value.Salt);
}
