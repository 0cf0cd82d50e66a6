using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;

namespace Federation.Cluster.Tests.Manifests;

public sealed class ManifestComparerTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"b":2}""", true)] // A default of the server.
    [InlineData("""{"a":1}""", """{"a":2}""", false)]
    [InlineData("""{"a":1}""", """{}""", false)]
    [InlineData("""{"a":[1]}""", """{"a":[1,2]}""", false)] // Something slipped in.
    [InlineData("""{"a":[{"x":1}]}""", """{"a":[{"x":1,"y":2}]}""", true)]
    [InlineData("""{"a":{}}""", """{}""", true)] // What is empty is left out.
    [InlineData("""{"a":false,"b":"","c":0,"d":[]}""", """{}""", true)]
    [InlineData("""{"a":true}""", """{}""", false)]
    [InlineData("""{"a":false}""", """{"a":true}""", false)]
    [InlineData("""{"a":{}}""", """{"a":{"matchLabels":{"x":"y"}}}""", true)]
    public void Covers_ComparesWhatIsWanted(string wanted, string actual, bool covered) =>
        Assert.Equal(covered, ManifestComparer.Covers(JsonNode.Parse(actual), JsonNode.Parse(wanted)));
}
