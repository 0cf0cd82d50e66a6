using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Models;

public sealed class PackedObjectTests
{
    private const string Text = """
        {"spec":{"managedFields":[1],"metadata":{"managedFields":2},"text":"a \"quote\", a tab \t, an umlaut \u00e4"},
         "metadata":{"name":"one","managedFields":[{"manager":"x"}],"namespace":"here","uid":"u-1","resourceVersion":"7","labels":{"a":"b"}},"kind":"Thing","apiVersion":"v1"}
        """;

    [Fact]
    public void Object_IsKeptWhole_ButForManagedFields()
    {
        var wanted = JsonNode.Parse(Text)!.AsObject();
        wanted["metadata"]!.AsObject().Remove("managedFields");

        foreach (var packed in new[] { Read(Text), PackedObject.Of(JsonNode.Parse(Text)!.AsObject()) })
        {
            Assert.Equal((new ObjectKey("here", "one"), "7"), (packed.Key, packed.ResourceVersion));
            Assert.True(JsonNode.DeepEquals(wanted, packed.Tree), packed.Tree.ToJsonString());
            Assert.True(JsonNode.DeepEquals(wanted, JsonSerializer.SerializeToNode(packed, KubernetesJson.Options)));
        }
    }

    [Fact]
    public void Tree_IsTheSame_AsLongAsItIsHeld()
    {
        var packed = Read(Text);
        var tree = packed.Tree;
        GC.Collect();

        Assert.Same(tree, packed.Tree);
    }

    [Fact]
    public void Object_ThatIsKept_IsTheSame()
    {
        var (kept, fresh) = (Read(Text), Read(Text));
        kept.Pack();
        Assert.True(JsonNode.DeepEquals(fresh.Tree, kept.Tree));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"metadata":null}""")]
    [InlineData("""{"metadata":{"name":1,"uid":null}}""")]
    public void Object_WithoutIdentity_HasAnEmptyOne(string text)
    {
        var packed = Read(text);

        Assert.Equal((new ObjectKey("", ""), null), (packed.Key, packed.ResourceVersion));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), packed.Tree));
    }

    [Fact]
    public void Object_OfAnyDepth_IsRead()
    {
        var depth = 9_000;
        var packed = Read($$"""{"metadata":{"name":"deep"},"spec":{{string.Concat(Enumerable.Repeat("[", depth))}}{{string.Concat(Enumerable.Repeat("]", depth))}}}""");

        Assert.Equal("deep", packed.Key.Name);
        Assert.IsType<JsonArray>(packed.Tree["spec"]);
    }

    [Fact]
    public void WhatIsNoObject_IsRefused() => Assert.Throws<JsonException>(() => Read("[]"));

    private static PackedObject Read(string text) => JsonSerializer.Deserialize<PackedObject>(text, KubernetesJson.Options)!;
}
