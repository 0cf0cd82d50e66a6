using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Bindings;

/// <summary>Solidity names as C# member names.</summary>
internal static class CSharpNames
{
    // Members that the generated records have already.
    private static readonly HashSet<string> Taken =
    [
        "Abi", "AbiType", "AbiValue", "AmountToSend", "Clone", "DecodeCall", "DecodeOutput", "EncodeCall", "EncodeDeployment",
        "EqualityContract", "Equals", "Error", "Event", "FromAbi", "Function", "GetHashCode", "GetType", "MemberwiseClone",
        "ToAbi", "ToString", "Type", "PrintMembers", "Finalize", "ReferenceEquals",
    ];

    /// <summary>The first letter upper, underscores at the ends gone.</summary>
    public static string Pascal(string name)
    {
        var bare = name.Trim('_', '$').Replace("$", "", StringComparison.Ordinal);
        return bare.Length == 0 || char.IsAsciiDigit(bare[0]) ? "_" + bare : char.ToUpperInvariant(bare[0]) + bare[1..];
    }

    /// <summary>One distinct property name per parameter.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="enclosing">The record's name, which no member may have.</param>
    /// <param name="unnamed">Stem for parameters without a name.</param>
    public static IReadOnlyList<string> Members(IReadOnlyList<AbiParameter> parameters, string enclosing, string unnamed)
    {
        var used = new HashSet<string> { enclosing };
        var names = new List<string>();
        for (var i = 0; i < parameters.Count; i++)
        {
            var name = parameters[i].Name.Length == 0 ? $"{unnamed}{i + 1}" : Pascal(parameters[i].Name);
            if (Taken.Contains(name) || used.Contains(name))
                name += "Value";
            if (!used.Add(name))
                used.Add(name += i + 1);
            names.Add(name);
        }
        return names;
    }

    /// <summary>Distinct type stems for overloads: <c>Mint</c>, <c>Mint1</c>, <c>Mint2</c>.</summary>
    public static IReadOnlyList<(string Stem, T Entry)> Stems<T>(IEnumerable<T> entries)
        where T : AbiSignature
    {
        var counts = new Dictionary<string, int>();
        var result = new List<(string, T)>();
        foreach (var entry in entries)
        {
            var stem = Pascal(entry.Name);
            var count = counts[stem] = counts.GetValueOrDefault(stem, -1) + 1;
            result.Add((count == 0 ? stem : stem + count, entry));
        }
        return result;
    }
}
