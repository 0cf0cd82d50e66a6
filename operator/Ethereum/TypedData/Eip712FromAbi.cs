using Federation.Ethereum.Abi;

namespace Federation.Ethereum.TypedData;

/// <summary>Turns struct types and values of the contract ABI into EIP-712's by-name form.</summary>
internal static class Eip712FromAbi
{
    /// <summary>Adds the struct and all below it to the types; returns its name.</summary>
    public static string Collect(AbiType type, Dictionary<string, IReadOnlyList<Eip712Field>> types)
    {
        if (type is not { Kind: AbiKind.Tuple, StructName: { } name })
            throw new AbiException("EIP-712 needs the names of all structs");
        var fields = type.Components.Select(c => new Eip712Field(c.Name, TypeName(c.Type, types))).ToArray();
        if (types.TryGetValue(name, out var known) && !known.SequenceEqual(fields))
            throw new AbiException($"two different structs are named {name}");
        types[name] = fields;
        return name;
    }

    /// <summary>The members by name.</summary>
    public static Dictionary<string, object?> Struct(AbiType type, object value)
    {
        var items = AbiEncoder.Items(type, value);
        var members = new Dictionary<string, object?>();
        for (var i = 0; i < items.Count; i++)
            members[type.Components[i].Name] = Convert(type.Components[i].Type, items[i]);
        return members;
    }

    private static object Convert(AbiType type, object value) => type.Kind switch
    {
        AbiKind.Tuple => Struct(type, value),
        AbiKind.Array or AbiKind.FixedArray => AbiEncoder.Items(type, value).Select(x => Convert(type.Element!, x)).ToArray(),
        _ => value,
    };

    private static string TypeName(AbiType type, Dictionary<string, IReadOnlyList<Eip712Field>> types) => type.Kind switch
    {
        AbiKind.Tuple => Collect(type, types),
        AbiKind.Array => TypeName(type.Element!, types) + "[]",
        AbiKind.FixedArray => $"{TypeName(type.Element!, types)}[{type.Size}]",
        _ => type.Canonical,
    };
}
