using System.Numerics;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Ledger;

/// <summary>Calls of contracts as commands of Foundry's <c>cast</c>, which any shell takes; key and node are the sender's to add.</summary>
public static class CastCommand
{
    public static string Of(Address contract, FunctionMessage call) =>
        $"cast send {contract} {Quoted(call.Function.Signature)} {string.Join(' ', call.ToAbi().Select(Argument))}";

    private static string Argument(object value) => value switch
    {
        string text => Quoted(text),
        bool truth => truth ? "true" : "false",
        byte[] bytes => Hex.Encode(bytes),
        IAbiTuple tuple => Quoted(Tuple(tuple)),
        BigInteger or Address or Bytes32 or byte or ushort or uint or ulong => $"{value}",
        _ => throw new ArgumentException($"A {value.GetType().Name} has no text for a command.", nameof(value)),
    };

    private static string Tuple(IAbiTuple tuple) => $"({string.Join(',', tuple.ToAbi().Select(v => v is IAbiTuple inner ? Tuple(inner) : v is bool truth ? (truth ? "true" : "false") : $"{v}"))})";

    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
