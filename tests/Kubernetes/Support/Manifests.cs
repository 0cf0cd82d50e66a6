using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>Small objects for tests.</summary>
internal static class Manifests
{
    public static V1ConfigMap ConfigMap(string @namespace, string name, params (string Key, string Value)[] data) => new()
    {
        Metadata = new() { Name = name, Namespace = @namespace },
        Data = data.ToDictionary(entry => entry.Key, entry => entry.Value),
    };

    public static JsonObject ConfigMapTree(string @namespace, string name, params (string Key, string Value)[] data) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["data"] = new JsonObject(data.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
    };
}
