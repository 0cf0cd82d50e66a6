using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Federation.Kubernetes.Admission;

namespace Federation.Kubernetes.Tests.Admission;

public sealed partial class DepthLimitTests
{
    [Theory]
    [InlineData("""{"a":[1,{"b":2}],"c":{}}""", 3, """{"a":[1,{"b":2}],"c":{}}""")]
    [InlineData("""{"a":[1,{"b":2}],"c":{}}""", 2, """{"a":[1,#],"c":{}}""")]
    [InlineData("""{"a":[1,{"b":2}],"c":{}}""", 1, """{"a":#,"c":#}""")]
    [InlineData(""" {"a" : [ [] , [[1]] ] , "d":"[[[" } """, 3, """ {"a" : [ [] , [#] ] , "d":"[[[" } """)]
    [InlineData("1", 1, "1")]
    public void WhatLiesDeeper_IsAHash_TheRestIsAsItWas(string json, int levels, string expected) =>
        Assert.Equal(expected, Hash().Replace(Cut(json, levels), "#"));

    [Fact]
    public void Hashes_AreEqual_ForEqualTexts() =>
        Assert.Matches("""^\["(.+)","\1","(?!\1).+"\]$""", Cut("[[1],[1],[2]]", 1));

    [Fact]
    public void DeepestThatAServerTakes_IsCut_DeeperIsNoReview()
    {
        static byte[] Deep(int levels) => Encoding.UTF8.GetBytes(new string('[', levels) + new string(']', levels));

        Assert.Equal(128 + "\"sha256:\"".Length + 64 + 128, DepthLimit.Apply(Deep(10_000), 128).Length);
        Assert.ThrowsAny<JsonException>(() => DepthLimit.Apply(Deep(20_000), 128));
    }

    private static string Cut(string json, int levels) => Encoding.UTF8.GetString(DepthLimit.Apply(Encoding.UTF8.GetBytes(json), levels).Span);

    [GeneratedRegex("\"sha256:[0-9a-f]{64}\"")]
    private static partial Regex Hash();
}
