using Federation.Ethereum.Bindings;

namespace Federation.Chain;

/// <summary>The C# side of the contracts, generated from forge's artifacts and committed under <c>Bindings/</c>.</summary>
public static class BindingFiles
{
    /// <summary>Where the files stand, from the repository's root.</summary>
    public const string Folder = "operator/Chain/Bindings";

    private static readonly string[] Contracts = 
    [
        "AppRegistry", "DatacenterRegistry", "DisputeManager", "LeaseManager", "Lens", "Market", "Parameters", "ResultBoard", "TestToken", "Vault",
    ];

    /// <summary>Text by file name, the same for the same ABIs: what differs from the committed files has drifted.</summary>
    /// <param name="artifactFolder">forge's <c>out</c>.</param>
    /// <exception cref="FileNotFoundException">The contracts have not been built.</exception>
    public static IReadOnlyDictionary<string, string> Generate(string artifactFolder) =>
        BindingGenerator.Generate([.. Contracts.Select(c => ReadArtifact(artifactFolder, c))], "Federation.Chain.Bindings");

    /// <summary>One contract's ABI and creation code.</summary>
    /// <exception cref="FileNotFoundException">The contracts have not been built.</exception>
    public static ContractArtifact ReadArtifact(string artifactFolder, string contract)
    {
        var path = Path.Combine(artifactFolder, $"{contract}.sol", $"{contract}.json");
        if (!File.Exists(path)) throw new FileNotFoundException($"No artifact of {contract} at {path}: build the contracts first (forge build).", path);
        return ContractArtifact.Parse(File.ReadAllText(path), contract);
    }
}
