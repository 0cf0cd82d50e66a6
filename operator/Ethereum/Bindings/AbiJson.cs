using System.Text.Json;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Bindings;

/// <summary>Parameters as the Solidity compiler writes them in ABI JSON.</summary>
internal static class AbiJson
{
    public static string Name(JsonElement entry) => entry.GetProperty("name").GetString() ?? "";

    public static bool Flag(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;

    public static IReadOnlyList<AbiParameter> Parameters(JsonElement entry, string member) =>
        entry.TryGetProperty(member, out var list) ? [.. list.EnumerateArray().Select(Parameter)] : [];

    private static AbiParameter Parameter(JsonElement entry) => new(Name(entry), Type(entry), Flag(entry, "indexed"));

    private static AbiType Type(JsonElement entry)
    {
        var text = entry.GetProperty("type").GetString() ?? "";
        if (!text.StartsWith("tuple", StringComparison.Ordinal))
            return AbiType.Parse(text);
        var tuple = AbiType.TupleOf(Parameters(entry, "components"), StructName(entry));
        return AbiTypeParser.WithSuffixes(tuple, text[5..]);
    }

    // "struct Library.Offer[2]" is the struct Library.Offer; the part before the dot stays until names are chosen.
    private static string? StructName(JsonElement entry)
    {
        if (!entry.TryGetProperty("internalType", out var internalType)
            || internalType.GetString() is not { } text
            || !text.StartsWith("struct ", StringComparison.Ordinal))
            return null;
        var bracket = text.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? text[7..] : text[7..bracket];
    }
}
