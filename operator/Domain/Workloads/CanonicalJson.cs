using System.Text;
using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>
/// The one byte form of a JSON value after RFC 8785 (JCS): keys in UTF-16 order, numbers as ECMAScript prints them, no white
/// space. Keccak-256 of it is the spec hash. What has no canonical form is refused, not repaired.
/// </summary>
public static class CanonicalJson
{
    // As deep as System.Text.Json reads by default; a deeper element must not end the process by a full stack.
    private const int MaxDepth = 64;

    /// <exception cref="FormatException">A duplicate key, a lone surrogate, a number that is no finite double, or nested too deep.</exception>
    public static byte[] Encode(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Write(StringBuilder text, JsonElement value, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"JSON is nested deeper than {MaxDepth}.");
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(text, value, depth);
                break;
            case JsonValueKind.Array:
                WriteArray(text, value, depth);
                break;
            case JsonValueKind.String:
                WriteString(text, Text(value.GetString));
                break;
            case JsonValueKind.Number:
                text.Append(EcmaNumber.Format(value.GetDouble()));
                break;
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null:
                text.Append(value.GetRawText());
                break;
            default:
                throw new FormatException("There is no JSON value.");
        }
    }

    private static void WriteObject(StringBuilder text, JsonElement value, int depth)
    {
        var members = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            var name = Text(() => member.Name);
            if (!members.TryAdd(name, member.Value)) throw new FormatException($"JSON key {Shown.Of(name)} stands twice in one object.");
        }

        var separator = '{';
        foreach (var (name, member) in members)
        {
            text.Append(separator);
            WriteString(text, name);
            text.Append(':');
            Write(text, member, depth + 1);
            separator = ',';
        }

        text.Append(members.Count == 0 ? "{}" : "}");
    }

    private static void WriteArray(StringBuilder text, JsonElement value, int depth)
    {
        text.Append('[');
        var first = true;
        foreach (var item in value.EnumerateArray())
        {
            if (!first) text.Append(',');
            Write(text, item, depth + 1);
            first = false;
        }

        text.Append(']');
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\b' => text.Append(@"\b"),
                '\f' => text.Append(@"\f"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                < ' ' => text.Append($@"\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        text.Append('"');
    }

    // System.Text.Json keeps the raw text and refuses a lone surrogate or broken UTF-8 only when the string is read.
    private static string Text(Func<string?> read)
    {
        try
        {
            return read() ?? "";
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("A JSON string is no valid Unicode: it has a lone surrogate or broken UTF-8.", e);
        }
    }
}
