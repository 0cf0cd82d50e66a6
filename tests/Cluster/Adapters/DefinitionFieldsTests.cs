using System.Text.Json.Nodes;
using Federation.Cluster.Entities;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>A definition of an older version drops what this one writes: that is found at the start.</summary>
public sealed class DefinitionFieldsTests
{
    [Fact]
    public void DefinitionOfThisVersion_LacksNothing_AndOneOfAnOlderOneIsNamed()
    {
        var own = CrdFiles.OfDatacenter().Single(d => (string?)d["spec"]!["names"]!["kind"] == "ComputeLease");
        Assert.Empty(DefinitionFields.Lacking(own, (JsonObject)own.DeepClone()));
        var older = (JsonObject)own.DeepClone();
        Assert.True(older["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["status"]!["properties"]!["usage"]!["properties"]!.AsObject().Remove("resumedMs"));
        Assert.Equal(["status.usage.resumedMs"], DefinitionFields.Lacking(own, older));
        // More than is asked for is a newer one's.
        Assert.Empty(DefinitionFields.Lacking(older, own));
    }
}
