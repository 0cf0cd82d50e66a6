using Federation.Application.Ports;
using Federation.Domain.Pricing;

namespace Federation.Gateway;

/// <summary>What a datacenter says of itself to anybody: GET /v1/info.</summary>
/// <param name="Provider">On-chain identity, EIP-55 address.</param>
/// <param name="ChainId">Chain that leases are matched on.</param>
/// <param name="Market">Contract that orders are signed for and matched by.</param>
/// <param name="LeaseManager">Contract that holds the leases.</param>
/// <param name="GpuClasses">Canonical texts of the classes that it sells: those with a price, named in the Datacenter or told by nodes' labels.</param>
/// <param name="Prices">Token smallest units per 10^9 units of each meter; GPU prices by class text. The least that is asked: a quote says the price of now.</param>
public sealed record GatewayInfo(
    string Name, string Provider, string Region, ulong ChainId, string Market, string LeaseManager, IReadOnlyList<string> GpuClasses, PriceBook Prices,
    uint NoticeSeconds, uint ActivationSeconds, uint MaxDurationSeconds)
{
    internal static GatewayInfo Of(DatacenterRecord datacenter, GatewayIdentity identity) => new(
        datacenter.Name, datacenter.Spec.Provider, datacenter.Spec.Region, identity.ChainId, identity.Market, identity.LeaseManager,
        [.. datacenter.Spec.Prices.Gpu.Keys.Order(StringComparer.Ordinal)], datacenter.Spec.Prices,
        datacenter.Spec.Prices.NoticeSeconds, datacenter.Spec.Prices.ActivationSeconds, datacenter.Spec.Prices.MaxDurationSeconds);
}
