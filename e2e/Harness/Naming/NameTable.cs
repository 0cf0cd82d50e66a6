using System.Text.Json.Nodes;

namespace Federation.Harness.Naming;

/// <summary>
/// The names of one datacenter's Services and of their pods, as lines of a hosts file: pure. A Service with an address has that;
/// one without has its pods', and each pod that says a name of its own there has one below it.
/// </summary>
internal static class NameTable
{
    internal const string Domain = "cluster.local";

    internal static string Render(IEnumerable<JsonObject> services, IEnumerable<JsonObject> endpoints)
    {
        var behind = endpoints.ToDictionary(Key, e => (e["subsets"] as JsonArray ?? []).SelectMany(s => s!["addresses"] as JsonArray ?? []).OfType<JsonNode>().ToArray());
        var lines = services.SelectMany(service => (string?)service["spec"]!["clusterIP"] switch
        {
            null or "" => [],
            "None" => behind.GetValueOrDefault(Key(service), []).SelectMany(address => Lines(service, address)),
            var own => [$"{own} {NameOf(service)}"],
        });
        return string.Concat(lines.Distinct().Order(StringComparer.Ordinal).Select(line => line + "\n"));
    }

    private static IEnumerable<string> Lines(JsonObject service, JsonNode address)
    {
        yield return $"{(string)address["ip"]!} {NameOf(service)}";
        if ((string?)address["hostname"] is { } own) yield return $"{(string)address["ip"]!} {own}.{NameOf(service)}";
    }

    private static string NameOf(JsonObject service)
    {
        var (space, name) = Key(service);
        return $"{name}.{space}.svc.{Domain}";
    }

    private static (string Space, string Name) Key(JsonObject item) => ((string)item["metadata"]!["namespace"]!, (string)item["metadata"]!["name"]!);
}
