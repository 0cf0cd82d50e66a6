using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>A change to an object, in one of the API's three patch languages.</summary>
public sealed class V1Patch
{
    private V1Patch(string contentType, JsonNode body)
    {
        ContentType = contentType;
        Body = JsonSerializer.SerializeToUtf8Bytes(body, KubernetesJson.Options);
    }

    internal string ContentType { get; }

    internal byte[] Body { get; }

    /// <summary>RFC 6902: a list of operations, made with <see cref="JsonPatchBuilder"/>.</summary>
    public static V1Patch Json(JsonArray operations) => new("application/json-patch+json", operations);

    /// <summary>RFC 7386: given fields are set, nulls are removed, lists are replaced.</summary>
    public static V1Patch Merge(JsonObject change) => new("application/merge-patch+json", change);

    /// <summary>Like merge, but lists of built-in kinds merge by their keys. Not for custom resources.</summary>
    public static V1Patch StrategicMerge(JsonObject change) => new("application/strategic-merge-patch+json", change);
}

/// <summary>Writes RFC 6902 operations; path parts are escaped here, once.</summary>
public sealed class JsonPatchBuilder
{
    private readonly JsonArray operations = [];

    /// <summary>The patch fails unless the value is this.</summary>
    public JsonPatchBuilder Test(JsonNode? value, params string[] path) => Add("test", path, value);

    /// <summary>Adds a field, or a list item before an index (<c>-</c> for the end).</summary>
    public JsonPatchBuilder Add(JsonNode? value, params string[] path) => Add("add", path, value);

    public JsonPatchBuilder Replace(JsonNode? value, params string[] path) => Add("replace", path, value);

    public JsonPatchBuilder Remove(params string[] path)
    {
        operations.Add(new JsonObject { ["op"] = "remove", ["path"] = Pointer(path) });
        return this;
    }

    /// <summary>Fails with a conflict unless the object still has this version.</summary>
    public JsonPatchBuilder IfVersion(string resourceVersion) => Replace(resourceVersion, "metadata", "resourceVersion");

    public V1Patch Build() => V1Patch.Json(operations);

    private JsonPatchBuilder Add(string operation, string[] path, JsonNode? value)
    {
        operations.Add(new JsonObject { ["op"] = operation, ["path"] = Pointer(path), ["value"] = value });
        return this;
    }

    private static string Pointer(string[] path) => string.Concat(path.Select(part =>
        "/" + part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
}
