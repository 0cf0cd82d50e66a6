using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.TestToken;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Ledger;

/// <summary>The registry's calls by which a provider makes it say what its Datacenter says.</summary>
internal static class RegistryCommands
{
    /// <param name="free">Smallest units of stake that are locked for no lease.</param>
    public static RegistryCalls Of(DatacenterSpec spec, Datacenter found, BigInteger free, Address provider, Address own, ContractAddresses contracts)
    {
        var registry = contracts.Registry;
        var isThere = !found.Operator.IsZero;
        var (payout, bits) = (PayoutOf(spec, found, provider), spec.Capabilities ?? found.Capabilities);
        FunctionMessage entry = isThere
            ? new UpdateFunction { Operator = own, Payout = payout, Capabilities = bits, Endpoint = spec.Endpoint, Region = spec.Region }
            : new RegisterFunction { Operator = own, Payout = payout, Capabilities = bits, Endpoint = spec.Endpoint, Region = spec.Region };
        return new RegistryCalls(CastCommand.Of(registry, entry), CastCommand.Of(registry, new SetActiveFunction { Active = true }), CastCommand.Of(registry, PriceBookCall.Of(spec.Prices)))
        {
            Stake = spec.Stake - free is { Sign: > 0 } missing ? StakeOf(missing, Address.Parse(spec.Prices.Token), provider, contracts) : "",
        };
    }

    // The Vault pulls it from whoever sends both.
    private static string StakeOf(BigInteger missing, Address token, Address provider, ContractAddresses contracts)
    {
        var approve = new ApproveFunction { Spender = contracts.Vault, Value = missing };
        var stake = new StakeFunction { Provider = provider, Token = token, Amount = missing, Funding = Funding.Allowance };
        return $"{CastCommand.Of(token, approve)} && {CastCommand.Of(contracts.Registry, stake)}";
    }

    // Who says nothing else is paid by the account that is registered.
    private static Address PayoutOf(DatacenterSpec spec, Datacenter found, Address provider)
    {
        if (spec.Payout.Length > 0) return Address.Parse(spec.Payout);
        return found.Operator.IsZero ? provider : found.Payout;
    }
}
