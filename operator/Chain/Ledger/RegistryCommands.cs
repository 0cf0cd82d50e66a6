using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Ledger;

/// <summary>The registry's calls by which a provider makes it say what its Datacenter says.</summary>
internal static class RegistryCommands
{
    public static RegistryCalls Of(DatacenterSpec spec, Datacenter found, Address provider, Address own, Address registry)
    {
        var isThere = !found.Operator.IsZero;
        var (payout, bits) = (PayoutOf(spec, found, provider), spec.Capabilities ?? found.Capabilities);
        FunctionMessage entry = isThere
            ? new UpdateFunction { Operator = own, Payout = payout, Capabilities = bits, Endpoint = spec.Endpoint, Region = spec.Region }
            : new RegisterFunction { Operator = own, Payout = payout, Capabilities = bits, Endpoint = spec.Endpoint, Region = spec.Region };
        return new RegistryCalls(CastCommand.Of(registry, entry), CastCommand.Of(registry, new SetActiveFunction { Active = true }), CastCommand.Of(registry, PriceBookCall.Of(spec.Prices)));
    }

    // Who says nothing else is paid by the account that is registered.
    private static Address PayoutOf(DatacenterSpec spec, Datacenter found, Address provider)
    {
        if (spec.Payout.Length > 0) return Address.Parse(spec.Payout);
        return found.Operator.IsZero ? provider : found.Payout;
    }
}
