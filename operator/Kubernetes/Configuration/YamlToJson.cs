using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Federation.Kubernetes.Configuration;

/// <summary>YAML 1.2 core-schema scalars and trees as JSON, with a bound on size and depth.</summary>
public static class YamlToJson
{
    // An alias is copied at each use, so a small file can stand for a huge tree.
    private const int MaxNodes = 200_000;
    private const int MaxDepth = 64;

    /// <summary>Every document of the text; empty documents are left out.</summary>
    /// <exception cref="FormatException">Not YAML, or beyond the bounds.</exception>
    public static IReadOnlyList<JsonNode> Read(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException failure)
        {
            throw new FormatException($"Not YAML, line {failure.Start.Line}: {failure.Message}", failure);
        }
        // A brace that nothing closes before the next line's key: the library does not say so in a way of its own.
        catch (InvalidOperationException failure)
        {
            throw new FormatException("Not YAML: a brace or a bracket is not closed.", failure);
        }

        var budget = MaxNodes;
        return [.. stream.Documents.Select(document => Node(document.RootNode, 0, ref budget)).OfType<JsonNode>()];
    }

    private static JsonNode? Node(YamlNode node, int depth, ref int budget)
    {
        if (depth > MaxDepth || --budget < 0)
        {
            throw new FormatException($"The document is deeper than {MaxDepth} levels or larger than {MaxNodes} values.");
        }

        return node switch
        {
            YamlScalarNode scalar => Scalar(scalar),
            YamlSequenceNode sequence => List(sequence, depth, ref budget),
            YamlMappingNode mapping => Map(mapping, depth, ref budget),
            _ => throw new FormatException($"Line {node.Start.Line}: unsupported YAML node."),
        };
    }

    private static JsonArray List(YamlSequenceNode sequence, int depth, ref int budget)
    {
        var list = new JsonArray();
        foreach (var item in sequence.Children)
        {
            list.Add(Node(item, depth + 1, ref budget));
        }

        return list;
    }

    private static JsonObject Map(YamlMappingNode mapping, int depth, ref int budget)
    {
        var map = new JsonObject();
        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? throw new FormatException($"Line {key.Start.Line}: a key must be text.");
            map[name] = Node(value, depth + 1, ref budget);
        }

        return map;
    }

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ when long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, culture, out var integer) => JsonValue.Create(integer),
            _ when IsNumber(text) && double.TryParse(text, culture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }

    // "1_000", "Infinity" and dates must stay text.
    private static bool IsNumber(string text) =>
        text.Any(char.IsAsciiDigit) && text.All(c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or 'e' or 'E');
}
