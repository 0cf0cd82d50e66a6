using Federation.Ethereum.Abi;
using Federation.Ethereum.Bindings;

namespace Federation.Ethereum.Tests.Bindings;

public sealed class BindingGeneratorTests
{
    private const string Namespace = "Federation.Ethereum.Tests.Bindings.Generated";

    private static string Folder => Path.Combine(Repository.Root, "tests", "Ethereum", "Bindings");

    [Fact]
    public void Generate_SampleContract_IsTheCommittedFile()
    {
        var expected = Path.Combine(Folder, "Market.g.cs");
        var written = BindingGenerator.Generate(File.ReadAllText(Path.Combine(Folder, "Market.abi.json")), "Market", Namespace);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            File.WriteAllText(expected, written);

        Assert.Equal(File.ReadAllText(expected), written);
    }

    [Fact]
    public void Generate_ContractsThatShareStructs_WritesEachStructOnce()
    {
        var files = BindingGenerator.Generate([Artifact("B", "Types.Item", "uint8"), Artifact("A", "Types.Item", "uint8")], "N");

        Assert.Equal(["A.g.cs", "B.g.cs", "Structs.g.cs"], files.Keys);
        Assert.Equal(2, files["Structs.g.cs"].Split("public sealed partial record Item ").Length);
        Assert.Contains("global::N.Item ItemValue", files["B.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_TwoShapesOfOneName_PutsTheirContractsInFront()
    {
        var files = BindingGenerator.Generate([Artifact("A", "X.Item", "uint8"), Artifact("B", "Y.Item", "bool")], "N");

        Assert.Contains("record XItem ", files["Structs.g.cs"], StringComparison.Ordinal);
        Assert.Contains("record YItem ", files["Structs.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_StructNamedLikeAContract_StandsBesideItsNamespace()
    {
        var files = BindingGenerator.Generate([Artifact("Item", "Item", "uint8"), Artifact("B", "Item", "uint8")], "N");

        Assert.Contains("namespace N.Item;", files["Item.g.cs"], StringComparison.Ordinal);
        Assert.Contains("record ItemStruct : IAbiTuple<ItemStruct>", files["Structs.g.cs"], StringComparison.Ordinal);
        Assert.Contains("[Struct(\"Item\")]", files["Structs.g.cs"], StringComparison.Ordinal);
        Assert.Contains("global::N.ItemStruct ItemValue", files["B.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_ArtifactsInAnyOrder_GivesTheSameText() => Assert.Equal(
        BindingGenerator.Generate([Artifact("A", "X.Item", "uint8"), Artifact("B", "Y.Item", "bool")], "N"),
        BindingGenerator.Generate([Artifact("B", "Y.Item", "bool"), Artifact("A", "X.Item", "uint8")], "N"));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[{}]")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint7"}]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":3}]""")]
    public void Parse_NoAbi_IsRefused(string json) =>
        Assert.Throws<AbiException>(() => ContractArtifact.Parse(json, "A"));

    [Fact]
    public void Parse_ForgeArtifact_HasBytecodeUnlessUnlinked()
    {
        Assert.Equal([0x60, 0x01], ContractArtifact.Parse("""{"abi":[],"bytecode":{"object":"0x6001"}}""", "A").Bytecode!);
        Assert.Null(ContractArtifact.Parse("""{"abi":[],"bytecode":{"object":"0x60__$ab$__01"}}""", "A").Bytecode);
    }

    private static ContractArtifact Artifact(string name, string structName, string member) => ContractArtifact.Parse($$"""
        [{"type":"function","name":"put","outputs":[],"inputs":[{"name":"item","type":"tuple[]","internalType":"struct {{structName}}[]",
        "components":[{"name":"x","type":"{{member}}"}]},{"name":"Item","type":"tuple","internalType":"struct {{structName}}","components":[{"name":"x","type":"{{member}}"}]}]}]
        """, name);
}
