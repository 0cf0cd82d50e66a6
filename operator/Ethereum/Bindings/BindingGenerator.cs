using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Bindings;

/// <summary>
/// Generates C# records from contract ABIs: structs in the namespace given, and functions, events and errors in one
/// namespace below it per contract. The text depends on the ABIs alone. The records encode without reflection.
/// </summary>
public static class BindingGenerator
{
    /// <summary>Bindings for one contract as a single file.</summary>
    /// <param name="abiJson">A forge artifact or a bare ABI.</param>
    /// <param name="contractName">The contract's name.</param>
    /// <param name="ns">The namespace.</param>
    public static string Generate(string abiJson, string contractName, string ns)
    {
        var files = Generate([ContractArtifact.Parse(abiJson, contractName)], ns);
        // A file holds one file-scoped namespace, so the joined form uses blocks.
        return string.Concat(files.Values.Select((text, i) => InBlock(text, keepHeader: i == 0)));
    }

    /// <summary>Bindings for contracts that share structs; each struct is written once.</summary>
    /// <returns>Text by file name, <c>Structs.g.cs</c> and one file per contract.</returns>
    /// <exception cref="AbiException">Two contracts have one name.</exception>
    public static IReadOnlyDictionary<string, string> Generate(IReadOnlyList<ContractArtifact> artifacts, string ns)
    {
        if (artifacts.DistinctBy(a => a.Name).Count() != artifacts.Count)
            throw new AbiException("two contracts have one name");
        var ordered = artifacts.OrderBy(a => a.Name, StringComparer.Ordinal).ToArray();
        var structs = new StructCatalog(ordered);
        var types = new CSharpTypes(structs, ns);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var shared = new BindingWriter(types, ns);
        foreach (var (name, type) in structs.All)
            shared.Struct(name, type);
        if (structs.All.Any())
            files["Structs.g.cs"] = shared.ToString();
        foreach (var artifact in ordered)
            files[artifact.Name + ".g.cs"] = Write(artifact, new BindingWriter(types, $"{ns}.{artifact.Name}"));
        return files;
    }

    private static string Write(ContractArtifact artifact, BindingWriter writer)
    {
        var functions = CSharpNames.Stems(artifact.Functions);
        var events = CSharpNames.Stems(artifact.Events);
        var errors = CSharpNames.Stems(artifact.Errors);
        writer.Contract(artifact.Name, events.Select(e => e.Stem), errors.Select(e => e.Stem));
        writer.Deployment(artifact.Name, artifact.Constructor);
        foreach (var (stem, function) in functions)
            writer.Function(stem, function);
        foreach (var (stem, entry) in events)
            writer.Event(stem, entry);
        foreach (var (stem, entry) in errors)
            writer.Error(stem, entry);
        return writer.ToString();
    }

    private static string InBlock(string text, bool keepHeader)
    {
        var at = text.IndexOf("namespace ", StringComparison.Ordinal);
        var end = text.IndexOf(';', at);
        var header = keepHeader ? text[..at] : "\n";
        return $"{header}{text[at..end]}\n{{{text[(end + 1)..]}}}\n";
    }
}
