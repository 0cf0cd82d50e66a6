using System.Buffers;
using System.Text;
using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Models;

public sealed class SharedTextTests
{
    [Fact]
    public void Texts_OfManyObjects_AreOneStringEach()
    {
        Assert.Equal(("one", "other"), (Pod("one").Metadata.Name, Pod("other").Metadata.Name));
        // Other tests of this process may take a text's place between two pods.
        Assert.Contains(Enumerable.Range(0, 20), _ => AreShared(Pod("one"), Pod("other")));
    }

    private static bool AreShared(V1Pod one, V1Pod other) =>
        ReferenceEquals(one.Metadata.Labels!.Keys.Single(), other.Metadata.Labels!.Keys.Single())
        && ReferenceEquals(one.Metadata.Labels!.Values.Single(), other.Metadata.Labels!.Values.Single())
        && ReferenceEquals(one.Status!.Phase, other.Status!.Phase);

    [Theory]
    [InlineData("")]
    [InlineData("a \"quote\", a tab \t, an umlaut ä, a face 😀")]
    [InlineData(" lonely half \ufffd")]
    public void Text_StaysWhatItIs_HoweverItIsWritten(string text)
    {
        foreach (var json in new[] { JsonSerializer.Serialize(text), JsonSerializer.Serialize(text, KubernetesJson.Options) })
        {
            Assert.Equal(text, JsonSerializer.Deserialize<string>(json, KubernetesJson.Options));
            Assert.Equal(text, Pieces(json));
        }
    }

    [Fact]
    public void Text_ThatIsLong_IsReadWhole()
    {
        foreach (var length in new[] { SharedText.Longest - 1, SharedText.Longest, SharedText.Longest + 1, 100_000 })
        {
            var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));

            Assert.Equal(text, JsonSerializer.Deserialize<string>($"\"{text}\"", KubernetesJson.Options));
            Assert.Equal(text, SharedText.Of(text));
        }
    }

    [Fact]
    public void Texts_OfAnyNumber_AreEachWhatTheyAre()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 50_000; i++)
            {
                Assert.Equal($"text-{i}", SharedText.Of($"text-{i}"));
            }
        }
    }

    [Theory]
    [InlineData("""{"metadata":{"name":1}}""")]
    [InlineData("""{"metadata":{"name":["a"]}}""")]
    [InlineData("""{"metadata":{"labels":{"a":true}}}""")]
    public void WhatIsNoText_IsRefused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<V1Pod>(json, KubernetesJson.Options));

    [Fact]
    public void Text_ThatIsNull_IsNull() => Assert.Null(JsonSerializer.Deserialize<V1Pod>("""{"metadata":{"name":null}}""", KubernetesJson.Options)!.Metadata.Name);

    private static V1Pod Pod(string name) => JsonSerializer.Deserialize<V1Pod>(
        $$"""{"metadata":{"name":"{{name}}","labels":{"compute.federation/item":"shared-text"} },"status":{"phase":"Running"} }""", KubernetesJson.Options)!;

    // As a watch hands it on: cut anywhere.
    private static string? Pieces(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var first = new Piece(bytes.AsMemory(0, bytes.Length / 2), null);
        var last = new Piece(bytes.AsMemory(bytes.Length / 2), first);
        var reader = new Utf8JsonReader(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
        return JsonSerializer.Deserialize<string>(ref reader, KubernetesJson.Options);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
