using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Ledger;

/// <summary>Calls of the registry as commands of Foundry's <c>cast</c>, which any shell takes; key and node are the sender's to add.</summary>
internal static class RegistryCommands
{
    public static RegistryCalls Of(DatacenterSpec spec, Datacenter found, Address provider, Address own, Address registry)
    {
        var isThere = !found.Operator.IsZero;
        var (payout, bits) = (PayoutOf(spec, found, provider), spec.Capabilities ?? found.Capabilities);
        FunctionMessage entry = isThere
            ? new UpdateFunction { Operator = own, Payout = payout, Capabilities = bits, Endpoint = spec.Endpoint, Region = spec.Region }
            : new RegisterFunction { Operator = own, Payout = payout, Capabilities = bits, Endpoint = spec.Endpoint, Region = spec.Region };
        return new RegistryCalls(Text(registry, entry), Text(registry, new SetActiveFunction { Active = true }), Text(registry, PriceBookCall.Of(spec.Prices)));
    }

    // Who says nothing else is paid by the account that is registered.
    private static Address PayoutOf(DatacenterSpec spec, Datacenter found, Address provider)
    {
        if (spec.Payout.Length > 0) return Address.Parse(spec.Payout);
        return found.Operator.IsZero ? provider : found.Payout;
    }

    private static string Text(Address registry, FunctionMessage call) =>
        $"cast send {registry} {Quoted(call.Function.Signature)} {string.Join(' ', call.ToAbi().Select(Argument))}";

    private static string Argument(object value) => value switch
    {
        string text => Quoted(text),
        bool truth => truth ? "true" : "false",
        IAbiTuple tuple => Quoted($"({string.Join(',', tuple.ToAbi())})"),
        BigInteger or Address or Bytes32 => $"{value}",
        _ => throw new ArgumentException($"A {value.GetType().Name} has no text for a command.", nameof(value)),
    };

    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
