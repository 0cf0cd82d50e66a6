using System.Text.Json.Nodes;

namespace Federation.Cluster;

/// <summary>Fields of a CustomResourceDefinition. What a stored definition does not have, the API server takes out of every object, in silence.</summary>
internal static class DefinitionFields
{
    /// <returns>Paths that are in the first one's schema and not in the other's, of the version that both have.</returns>
    public static string[] Lacking(JsonObject own, JsonObject served)
    {
        var schemas = SchemasOf(served);
        return [.. SchemasOf(own).SelectMany(version => Lacking(version.Value, schemas.GetValueOrDefault(version.Key), ""))];
    }

    private static Dictionary<string, JsonObject?> SchemasOf(JsonObject definition) =>
        (definition["spec"]?["versions"] as JsonArray ?? []).ToDictionary(v => (string)v!["name"]!, v => v!["schema"]?["openAPIV3Schema"] as JsonObject);

    private static IEnumerable<string> Lacking(JsonObject? own, JsonObject? served, string path)
    {
        if (own is null) return [];
        if (served is null) return [path];
        // There the server keeps whatever comes.
        if (served["x-kubernetes-preserve-unknown-fields"] is not null) return [];
        var fields = (own["properties"] as JsonObject ?? []).SelectMany(field =>
            Lacking(field.Value as JsonObject, served["properties"]?[field.Key] as JsonObject, path.Length == 0 ? field.Key : $"{path}.{field.Key}"));
        return fields
            .Concat(Lacking(own["items"] as JsonObject, served["items"] as JsonObject, $"{path}[]"))
            .Concat(Lacking(own["additionalProperties"] as JsonObject, served["additionalProperties"] as JsonObject, $"{path}.*"));
    }
}
