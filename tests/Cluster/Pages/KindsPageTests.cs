using System.Text;
using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Tests.Support;

namespace Federation.Cluster.Tests.Pages;

/// <summary>The page about the kinds is written from their definitions; UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed class KindsPageTests
{
    private static readonly string Place = Path.Combine(Golden.Root(), "operator", "docs", "reference", "kinds.md");

    [Fact]
    public void Page_IsThatOfTheDefinitions()
    {
        var text = Written();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(Place, text);

        Assert.True(File.Exists(Place) && File.ReadAllText(Place) == text, "operator/docs/reference/kinds.md is stale: run `make generate`.");
    }

    private static string Written()
    {
        var text = new StringBuilder("# The kinds\n\nWritten from the definitions in `crds/` by `make generate`; `kubectl explain` says the same. [How they are used](../README.md); [samples](../../../crds/samples).\n");
        var workload = CrdFiles.ComputeRequest();
        foreach (var definition in CrdFiles.Definitions().OrderBy(Kind, StringComparer.Ordinal))
        {
            var names = definition["spec"]!["names"]!;
            var scope = (string)definition["spec"]!["scope"]! == "Cluster" ? "of the cluster" : "in a namespace";
            text.Append($"\n## {Kind(definition)}\n\n`{(string)definition["spec"]!["group"]!}/{(string)definition["spec"]!["versions"]![0]!["name"]!}`, {scope}; `kubectl get {(string)names["shortNames"]![0]!}`.\n");
            Table(text, FieldsOf(Schema(definition), "", isWorkloadTold: true).Where(f => f.Path.StartsWith("spec.", StringComparison.Ordinal)));
            text.Append("\nStatus, written by the operator:\n");
            Table(text, FieldsOf(Schema(definition), "", isWorkloadTold: true).Where(f => f.Path.StartsWith("status.", StringComparison.Ordinal)));
        }

        text.Append("\n## The workload\n\n`spec.workload` of a ComputeLease and of a ComputeRequest.\n");
        Table(text, FieldsOf(Schema(workload)["properties"]!["spec"]!["properties"]!["workload"]!, "", isWorkloadTold: false).Where(f => f.Path.Length > 0));
        return text.ToString();
    }

    private static void Table(StringBuilder text, IEnumerable<Field> fields)
    {
        text.Append("\n| field | type | what it is |\n|---|---|---|\n");
        foreach (var field in fields) text.Append($"| `{field.Path}`{(field.IsNeeded ? " (needed)" : "")} | {TypeOf(field.Node)} | {$"{(string?)field.Node["description"]}{RulesOf(field.Node)}".Trim().Replace("|", "\\|", StringComparison.Ordinal)} |\n");
    }

    private static IEnumerable<Field> FieldsOf(JsonNode schema, string path, bool isWorkloadTold)
    {
        var needed = (schema["required"] as JsonArray)?.Select(r => (string)r!).ToHashSet() ?? [];
        foreach (var (name, node) in schema["properties"] as JsonObject ?? [])
        {
            var at = path.Length > 0 ? $"{path}.{name}" : name;
            yield return new Field(at, node!, needed.Contains(name));
            if (at == "spec.workload" && isWorkloadTold) continue;
            var isList = (string?)node!["type"] == "array";
            foreach (var inner in FieldsOf(isList ? node["items"]! : node, isList ? at + "[]" : at, isWorkloadTold)) yield return inner;
        }
    }

    private static string TypeOf(JsonNode node) => (string?)node["type"] switch
    {
        "array" => $"list of {TypeOf(node["items"]!)}",
        "object" when node["additionalProperties"] is JsonObject values => $"map to {TypeOf(values)}",
        _ when node["enum"] is JsonArray words => string.Join(", ", words.Select(w => $"`{w}`")),
        "integer" when node["minimum"] is { } least && node["maximum"] is { } most => $"integer, {least} to {most}",
        "integer" when node["minimum"] is { } least => $"integer, {least} or more",
        { } type => type,
        null => "string or integer",
    };

    private static string RulesOf(JsonNode node) => node["x-kubernetes-validations"] is JsonArray rules ? string.Concat(rules.Select(r => $" {(string?)r!["message"]}.")) : "";

    private static string Kind(JsonObject definition) => (string)definition["spec"]!["names"]!["kind"]!;

    private static JsonNode Schema(JsonObject definition) => definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;

    private sealed record Field(string Path, JsonNode Node, bool IsNeeded);
}
