using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Cli.Output;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Buying;

/// <summary>
/// A kind as its own definition has it, which this program carries: a field that nobody knows, and a value that is not what it has to be, are
/// refused as the API server would, and not read as if they were not there. What the definition needs may be left out: flags say it, too.
/// </summary>
internal sealed class KindSchema
{
    private const string Address = "^0x[0-9a-fA-F]{40}$";

    private readonly string apiVersion;
    private readonly JsonObject root;

    /// <param name="plural">As the definition's name begins.</param>
    public KindSchema(string plural)
    {
        using var stream = typeof(KindSchema).Assembly.GetManifestResourceStream($"compute.federation_{plural}.yaml") ?? throw new InvalidOperationException($"The definition of {plural} is not in this program.");
        using var reader = new StreamReader(stream);
        var spec = YamlToJson.Read(reader.ReadToEnd())[0]["spec"]!;
        var version = spec["versions"]![0]!;
        (apiVersion, root) = ($"{spec["group"]}/{version["name"]}", version["schema"]!["openAPIV3Schema"]!.AsObject());
    }

    /// <returns>Path and problem of each fault, for people.</returns>
    public IReadOnlyList<string> Faults(JsonObject manifest)
    {
        var faults = new List<string>();
        if (manifest["apiVersion"] is { } said && said.ToString() != apiVersion) faults.Add($"apiVersion: '{Printable.Line(said.ToString())}' is not {apiVersion}");
        CheckFields(manifest, root, "", faults);
        return faults;
    }

    private void Check(JsonNode? value, JsonObject schema, string path, List<string> faults)
    {
        var type = (string?)schema["type"];
        if (value is JsonObject map && type == "object") CheckFields(map, schema, path, faults);
        else if (value is JsonArray list && type == "array") CheckItems(list, schema, path, faults);
        else if (FaultOf(value, type, schema) is { } fault) faults.Add($"{path} {fault}");
    }

    private void CheckFields(JsonObject map, JsonObject schema, string path, List<string> faults)
    {
        // A workload has a reader of its own, that is as strict.
        if (schema["properties"] is not JsonObject known || schema.ContainsKey("x-kubernetes-preserve-unknown-fields")) return;
        // A status says what became of an object, not what is wanted.
        foreach (var (name, value) in map.Where(f => path.Length > 0 || f.Key != "status"))
        {
            var at = path.Length == 0 ? Printable.Line(name) : $"{path}.{Printable.Line(name)}";
            // Nothing said: the API server takes such a field out before it looks.
            if (value is null && known.ContainsKey(name)) continue;
            if (known[name] is JsonObject field) Check(value, field, at, faults);
            else faults.Add($"{at}: {(PlaceOf(name, root, "") is { } place ? $"unknown field; did you mean {place}?" : NearestName.Told(Printable.Line(name), [.. known.Select(k => k.Key)]))}");
        }
    }

    private void CheckItems(JsonArray list, JsonObject schema, string path, List<string> faults)
    {
        if (list.Count > (long?)schema["maxItems"]) faults.Add($"{path} has {list.Count} items, at most {schema["maxItems"]} are taken");
        for (var i = 0; i < list.Count && i <= ((long?)schema["maxItems"] ?? int.MaxValue); i++) Check(list[i], schema["items"]!.AsObject(), $"{path}[{i}]", faults);
    }

    // Where a field belongs that stands on a wrong level. Status and chain are an operator's to write.
    private static string? PlaceOf(string name, JsonObject schema, string path)
    {
        if (schema["properties"] is not JsonObject fields) return null;
        if (path.Length > 0 && fields.ContainsKey(name)) return $"{path}.{name}";
        return fields.Where(f => f.Key is not ("status" or "chain")).Select(f => PlaceOf(name, f.Value!.AsObject(), path.Length == 0 ? f.Key : $"{path}.{f.Key}")).FirstOrDefault(found => found is not null);
    }

    private static string? FaultOf(JsonNode? value, string? type, JsonObject schema) => type switch
    {
        "object" => $"must be an object, not {Kind(value)}",
        "array" => $"must be a list, not {Kind(value)}",
        "boolean" => value is JsonValue flag && flag.TryGetValue<bool>(out _) ? null : $"must be true or false, not {Kind(value)}",
        "integer" when value is JsonValue number && number.TryGetValue<long>(out var whole) => whole < (long?)schema["minimum"] ? $"is {whole}: it has to be {schema["minimum"]} at least"
            : whole > (long?)schema["maximum"] ? $"is {whole}: it has to be {schema["maximum"]} at most" : null,
        "integer" => $"must be a whole number, not {Kind(value)}",
        "string" => TextOf(value) is { } text ? TextFault(text, schema) : $"must be a text, not {Kind(value)}",
        _ => null,
    };

    // Digits without quotes are a number to YAML, and mean the same amount.
    private static string? TextOf(JsonNode? value) => value is not JsonValue leaf ? null
        : leaf.TryGetValue<string>(out var text) ? text
        : leaf.TryGetValue<long>(out var digits) ? digits.ToString(CultureInfo.InvariantCulture) : null;

    private static string? TextFault(string text, JsonObject schema)
    {
        if (schema["enum"] is JsonArray words && words.All(w => (string?)w != text)) return $"'{Printable.Line(text)}' is none of {string.Join(", ", words)}";
        var pattern = (string?)schema["pattern"];
        if (!(text.Length > (long?)schema["maxLength"]) && (pattern is null || IsMatch(text, pattern))) return null;
        return pattern switch
        {
            null => $"is longer than {schema["maxLength"]} characters",
            Address => $"'{Printable.Line(text)}' is no address: 0x and 40 hex digits",
            _ => $"'{Printable.Line(text)}' is not of the form {pattern}",
        };
    }

    // To .NET a text may end in one more line break before '$'; to the API server it may not.
    private static bool IsMatch(string text, string pattern) => Regex.IsMatch(text, pattern.EndsWith('$') ? $@"{pattern[..^1]}\z" : pattern, RegexOptions.CultureInvariant);

    private static string Kind(JsonNode? value) => value switch
    {
        null => "nothing",
        JsonObject => "an object",
        JsonArray => "a list",
        JsonValue leaf when leaf.TryGetValue<string>(out var text) => $"the text '{Printable.Line(text)}'",
        _ => value.ToString(),
    };
}
