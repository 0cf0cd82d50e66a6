using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>One line of a watch into one event; the object is parsed once.</summary>
internal static class WatchParser
{
    /// <exception cref="KubernetesException">The line is the server's error.</exception>
    /// <exception cref="JsonException">The line is no event.</exception>
    public static WatchEvent<T> Parse<T>(ReadOnlySequence<byte> line)
        where T : class
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = KubernetesJson.Options.MaxDepth });
        var (type, body) = Locate(ref reader);
        return type switch
        {
            "ADDED" => Event<T>(WatchEventType.Added, line, body),
            "MODIFIED" => Event<T>(WatchEventType.Modified, line, body),
            "DELETED" => Event<T>(WatchEventType.Deleted, line, body),
            "BOOKMARK" => new WatchEvent<T>(WatchEventType.Bookmark, null, Metadata(line, body).ResourceVersion),
            "ERROR" => throw Error(line, body),
            _ => throw new JsonException($"A watch event of the unknown type '{type}'."),
        };
    }

    // The object's place is noted and skipped over, so that the order of the two members does not matter.
    private static (string? Type, (long Start, long Length) Body) Locate(ref Utf8JsonReader reader)
    {
        string? type = null;
        (long, long) body = default;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType)
            {
                type = reader.GetString();
            }

            var start = reader.TokenStartIndex;
            reader.Skip();
            if (isObject)
            {
                body = (start, reader.BytesConsumed - start);
            }
        }

        return (type, body);
    }

    private static WatchEvent<T> Event<T>(WatchEventType type, ReadOnlySequence<byte> line, (long Start, long Length) body)
        where T : class
    {
        try
        {
            var value = Read<T>(line, body) ?? throw new JsonException("A watch event without an object.");
            return new WatchEvent<T>(type, value, ObjectView.ResourceVersion(value));
        }
        catch (JsonException failure) when (typeof(T) != typeof(JsonObject))
        {
            var metadata = Metadata(line, body);
            var key = new ObjectKey(metadata.Namespace ?? "", metadata.Name ?? "");
            // A deletion needs no more than the name, and must not be lost.
            var seen = type == WatchEventType.Deleted ? WatchEventType.Deleted : WatchEventType.Unreadable;
            return new WatchEvent<T>(seen, null, metadata.ResourceVersion, new UnreadableObject(key, failure.Message));
        }
    }

    private static V1ObjectMeta Metadata(ReadOnlySequence<byte> line, (long Start, long Length) body) =>
        Read<PartialObjectMetadata>(line, body)?.Metadata ?? new V1ObjectMeta();

    private static KubernetesException Error(ReadOnlySequence<byte> line, (long Start, long Length) body) =>
        new(Read<V1Status>(line, body) ?? new V1Status { Message = "The watch ended with an error that says nothing." }, 0);

    private static TValue? Read<TValue>(ReadOnlySequence<byte> line, (long Start, long Length) body)
    {
        var reader = new Utf8JsonReader(line.Slice(body.Start, body.Length), new JsonReaderOptions { MaxDepth = KubernetesJson.Options.MaxDepth });
        return JsonSerializer.Deserialize<TValue>(ref reader, KubernetesJson.Options);
    }
}
