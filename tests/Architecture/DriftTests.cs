using Federation.Chain;
using Federation.Cluster.Entities;

namespace Federation.Architecture.Tests;

/// <summary>What is generated and committed is what would be generated now.</summary>
public class DriftTests
{
    [Fact]
    public void Definitions_AreThoseOfTheClasses()
    {
        var generated = CrdFiles.Generate();
        AssertSame("crds", generated, "*.yaml");
    }

    [Fact]
    public void Bindings_AreThoseOfTheContracts()
    {
        var artifacts = Repository.PathOf("contracts", "out");
        Assert.True(Directory.Exists(artifacts), "the contracts are not built: run `make build`");
        AssertSame(BindingFiles.Folder, BindingFiles.Generate(artifacts), "*.g.cs");
    }

    private static void AssertSame(string folder, IReadOnlyDictionary<string, string> generated, string pattern)
    {
        Assert.NotEmpty(generated);
        var committed = Directory.GetFiles(Repository.PathOf(folder), pattern).Select(f => Path.GetFileName(f)!);
        Assert.Equal(generated.Keys.Order(StringComparer.Ordinal), committed.Order(StringComparer.Ordinal));
        var stale = generated.Where(g => File.ReadAllText(Repository.PathOf(folder, g.Key)) != g.Value).Select(g => $"{folder}/{g.Key}");
        Assert.Empty(stale);
    }
}
