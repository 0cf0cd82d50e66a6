using System.Text.Json.Nodes;
using Federation.Cluster.Mapping;

namespace Federation.Cluster.Tests.Mapping;

public sealed class VolumeClassTests
{
    private static readonly JsonObject[] Classes =
    [
        Class("fast", "Delete", 1), Class("kept", "Retain", 2), Class("old", "Retain", 3, isDefault: true), Class("new", "Delete", 4, isDefault: true), Class("silent", null, 5),
    ];

    [Theory]
    [InlineData("fast", null)]
    [InlineData("kept", "kept")]
    [InlineData("silent", null)]
    [InlineData("gone", null)]
    [InlineData("", null)]
    public void Retaining_IsTheClassThatIsUsed_WhenItKeepsVolumes(string wanted, string? retaining) => Assert.Equal(retaining, VolumeClass.Retaining(Classes, wanted));

    [Fact]
    public void Retaining_WithoutAName_IsTheDefaults() => Assert.Equal("old", VolumeClass.Retaining(Classes[..3], ""));

    private static JsonObject Class(string name, string? policy, int second, bool isDefault = false)
    {
        var annotations = new JsonObject();
        if (isDefault) annotations["storageclass.kubernetes.io/is-default-class"] = "true";
        var one = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["creationTimestamp"] = $"2026-01-01T00:00:0{second}Z", ["annotations"] = annotations }, ["provisioner"] = "files.example.org",
        };
        if (policy is not null) one["reclaimPolicy"] = policy;
        return one;
    }
}
