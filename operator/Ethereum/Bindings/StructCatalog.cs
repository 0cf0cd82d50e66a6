using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Bindings;

/// <summary>
/// Every struct of a set of contracts once, with its C# name. Structs of one name and shape are one record, wherever
/// declared; of one name and several shapes, the declaring contract's name goes in front. One that is named like a contract
/// stands beside that contract's namespace, so it is called a struct.
/// </summary>
internal sealed class StructCatalog
{
    private readonly Dictionary<string, string> names = [];
    private readonly SortedDictionary<string, AbiType> structs = new(StringComparer.Ordinal);

    public StructCatalog(IReadOnlyList<ContractArtifact> artifacts)
    {
        var contracts = artifacts.Select(a => CSharpNames.Pascal(a.Name)).ToHashSet();
        var found = new Dictionary<string, (AbiType Type, string Full)>();
        foreach (var artifact in artifacts)
        {
            foreach (var parameter in AllParameters(artifact))
                Collect(parameter, found);
        }
        foreach (var sameName in found.GroupBy(f => Short(f.Value.Full)))
        {
            var alone = sameName.Select(f => TypeText(f.Value.Type)).Distinct().Count() == 1;
            foreach (var (key, (type, full)) in sameName)
            {
                var name = CSharpNames.Pascal(alone ? sameName.Key : full.Replace(".", "", StringComparison.Ordinal));
                Add(key, type, contracts.Contains(name) ? name + "Struct" : name);
            }
        }
    }

    /// <summary>C# name and type, ordered by name.</summary>
    public IEnumerable<(string Name, AbiType Type)> All => structs.Select(s => (s.Key, s.Value));

    public string NameOf(AbiType tuple) => names[Key(tuple, tuple.StructName ?? "")];

    /// <summary>The human-readable text that <see cref="AbiType.Parse"/> reads back, structs under their Solidity names.</summary>
    public static string TypeText(AbiType type) => type.Kind switch
    {
        AbiKind.Tuple => $"{Short(type.StructName ?? "")}({ParameterText(type.Components)})",
        AbiKind.Array => TypeText(type.Element!) + "[]",
        AbiKind.FixedArray => $"{TypeText(type.Element!)}[{type.Size}]",
        _ => type.Canonical,
    };

    public static string ParameterText(IEnumerable<AbiParameter> parameters) => string.Join(',', parameters.Select(p =>
        TypeText(p.Type) + (p.Indexed ? " indexed" : "") + (p.Name.Length > 0 ? " " + p.Name : "")));

    private void Add(string key, AbiType type, string wanted)
    {
        var name = wanted;
        for (var i = 1; structs.TryGetValue(name, out var other) && TypeText(other) != TypeText(type); i++)
            name = wanted + i;
        structs[name] = type;
        names[key] = name;
    }

    private static void Collect(AbiParameter parameter, Dictionary<string, (AbiType Type, string Full)> found)
    {
        var type = parameter.Type;
        while (type.Element is { } element)
            type = element;
        if (type.Kind != AbiKind.Tuple)
            return;
        var full = type.StructName ?? CSharpNames.Pascal(parameter.Name) + "Tuple";
        found.TryAdd(Key(type, type.StructName ?? ""), (type, full));
        foreach (var component in type.Components)
            Collect(component, found);
    }

    private static IEnumerable<AbiParameter> AllParameters(ContractArtifact artifact) => artifact.Constructor
        .Concat(artifact.Functions.SelectMany(f => f.Inputs.Concat(f.Outputs)))
        .Concat(artifact.Events.SelectMany(e => e.Inputs))
        .Concat(artifact.Errors.SelectMany(e => e.Inputs));

    private static string Key(AbiType type, string full) => full + " " + TypeText(type);

    private static string Short(string full) => full[(full.LastIndexOf('.') + 1)..];
}
