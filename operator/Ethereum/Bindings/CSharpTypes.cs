using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Bindings;

/// <summary>ABI types as C# types, and the expressions that convert decoded values to them.</summary>
internal sealed class CSharpTypes(StructCatalog structs, string structNamespace)
{
    /// <summary>The C# type of a parameter; of an indexed one only the hash may be left.</summary>
    public string TypeOf(AbiParameter parameter) =>
        parameter.Indexed && AbiTopic.IsHashed(parameter.Type) ? "Bytes32" : TypeOf(parameter.Type);

    /// <summary>The expression that reads a parameter from a decoded value.</summary>
    public string Read(AbiParameter parameter, string value) =>
        parameter.Indexed && AbiTopic.IsHashed(parameter.Type) ? $"(Bytes32){value}" : Read(parameter.Type, value, 0);

    public string TypeOf(AbiType type) => type.Kind switch
    {
        AbiKind.UInt or AbiKind.Int => Integer(type),
        AbiKind.Address => "Address",
        AbiKind.Bool => "bool",
        AbiKind.String => "string",
        AbiKind.FixedBytes when type.Size == 32 => "Bytes32",
        AbiKind.FixedBytes or AbiKind.Bytes => "byte[]",
        AbiKind.Tuple => $"global::{structNamespace}.{structs.NameOf(type)}",
        _ => $"IReadOnlyList<{TypeOf(type.Element!)}>",
    };

    public string Read(AbiType type, string value, int depth) => type.Kind switch
    {
        AbiKind.UInt or AbiKind.Int => $"AbiValue.{Conversion(Integer(type))}({value})",
        AbiKind.Tuple => $"{TypeOf(type)}.FromAbi((object[]){value})",
        AbiKind.Array or AbiKind.FixedArray =>
            $"AbiValue.ToList({value}, x{depth} => {Read(type.Element!, "x" + depth, depth + 1)})",
        _ => $"({TypeOf(type)}){value}",
    };

    private static string Integer(AbiType type) => (type.Kind, type.Size) switch
    {
        (AbiKind.UInt, 8) => "byte",
        (AbiKind.UInt, 16) => "ushort",
        (AbiKind.UInt, <= 32) => "uint",
        (AbiKind.UInt, <= 64) => "ulong",
        (AbiKind.Int, 8) => "sbyte",
        (AbiKind.Int, 16) => "short",
        (AbiKind.Int, <= 32) => "int",
        (AbiKind.Int, <= 64) => "long",
        _ => "BigInteger",
    };

    private static string Conversion(string type) => type switch
    {
        "byte" => "ToByte",
        "sbyte" => "ToSByte",
        "ushort" => "ToUInt16",
        "short" => "ToInt16",
        "uint" => "ToUInt32",
        "int" => "ToInt32",
        "ulong" => "ToUInt64",
        "long" => "ToInt64",
        _ => "ToBigInteger",
    };
}
