using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>
/// An object as it is kept by the thousand: its JSON without managed fields, compressed. The tree of it is there for as long as
/// somebody holds it, and is read anew after that: a tree that was looked into takes ten times the memory of its text, and that
/// four times the memory of what is kept.
/// </summary>
[JsonConverter(typeof(PackedObjectConverter))]
public sealed class PackedObject
{
    private readonly PackedText json;
    private WeakReference<JsonObject>? tree;

    internal PackedObject(PackedText json, ObjectKey key, string? resourceVersion)
    {
        this.json = json;
        (Key, ResourceVersion) = (key, resourceVersion);
    }

    public ObjectKey Key { get; }

    public string? ResourceVersion { get; }

    /// <summary>The items of a list do not name their kind; the list does.</summary>
    internal ResourceKind? Kind { get; set; }

    /// <summary>Shared: do not change it.</summary>
    public JsonObject Tree
    {
        get
        {
            lock (json)
            {
                if (tree?.TryGetTarget(out var held) == true)
                {
                    return held;
                }

                var read = json.Read(static text => JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = KubernetesJson.Options.MaxDepth })!.AsObject());
                if (Kind is { } kind)
                {
                    read["apiVersion"] ??= kind.ApiVersion;
                    read["kind"] ??= kind.Kind;
                }

                tree = new WeakReference<JsonObject>(read);
                return read;
            }
        }
    }

    public static PackedObject Of(JsonObject tree)
    {
        var packed = tree.Deserialize<PackedObject>(KubernetesJson.Options)!;
        packed.Pack();
        return packed;
    }

    /// <summary>It will be kept: worth compressing, which is most of what reading it costs.</summary>
    internal void Pack()
    {
        lock (json)
        {
            json.Compress();
        }
    }
}

/// <summary>Keeps the text of an object as it came, but for what nobody reads.</summary>
internal sealed class PackedObjectConverter : JsonConverter<PackedObject>
{
    public override PackedObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var root = JsonElement.ParseValue(ref reader);
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"A {root.ValueKind} where an object was expected.");
        }

        var metadata = root.TryGetProperty("metadata"u8, out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        var key = new ObjectKey(Text(metadata, "namespace"u8) ?? "", Text(metadata, "name"u8) ?? "");
        return new PackedObject(Pack(root), key, Text(metadata, "resourceVersion"u8));
    }

    public override void Write(Utf8JsonWriter writer, PackedObject value, JsonSerializerOptions options) => value.Tree.WriteTo(writer, options);

    private static PackedText Pack(JsonElement root)
    {
        var text = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = KubernetesJson.Options.Encoder, SkipValidation = true }))
        {
            Copy(writer, root, "metadata"u8, static (w, metadata) => Copy(w, metadata, "managedFields"u8, null));
        }

        return new PackedText(text.WrittenSpan);
    }

    // The field is written in another way, or left out.
    private static void Copy(Utf8JsonWriter writer, JsonElement map, ReadOnlySpan<byte> field, Action<Utf8JsonWriter, JsonElement>? write)
    {
        writer.WriteStartObject();
        foreach (var member in map.EnumerateObject())
        {
            var isIt = member.NameEquals(field);
            if (isIt && write is null)
            {
                continue;
            }

            writer.WritePropertyName(member.Name);
            if (isIt && member.Value.ValueKind == JsonValueKind.Object)
            {
                write!(writer, member.Value);
            }
            else
            {
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
            }
        }

        writer.WriteEndObject();
    }

    private static string? Text(JsonElement metadata, ReadOnlySpan<byte> name) =>
        metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? SharedText.Of(value.GetString()!) : null;
}
