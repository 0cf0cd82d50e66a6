using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.TypedData;

/// <summary>The JSON form of eth_signTypedData_v4. Superfluous members are refused: they would be shown but not signed.</summary>
internal static class Eip712Json
{
    public static Eip712TypedData Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var types = ReadTypes(Member(root, "types"));
            var domainFields = types.GetValueOrDefault(Eip712Domain.TypeName);
            types.Remove(Eip712Domain.TypeName);
            var domain = ReadDomain(Member(root, "domain"), domainFields);
            var primary = Member(root, "primaryType").GetString() ?? "";
            var known = new Eip712Types(types);
            if (!known.IsStruct(primary))
                throw new AbiException($"the primary type '{primary}' is not among the types");
            return new Eip712TypedData(domain, types, primary, ReadStruct(known, primary, Member(root, "message")));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or OverflowException)
        {
            throw new AbiException("not the JSON of typed data: " + e.Message, e);
        }
    }

    public static string Write(Eip712TypedData data)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("types");
            WriteType(writer, Eip712Domain.TypeName, data.Domain.Fields());
            foreach (var (name, fields) in data.Types)
                WriteType(writer, name, fields);
            writer.WriteEndObject();
            writer.WriteString("primaryType", data.PrimaryType);
            writer.WritePropertyName("domain");
            WriteValue(writer, data.Domain.Values());
            writer.WritePropertyName("message");
            WriteValue(writer, data.Message);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Dictionary<string, IReadOnlyList<Eip712Field>> ReadTypes(JsonElement types)
    {
        var result = new Dictionary<string, IReadOnlyList<Eip712Field>>();
        foreach (var type in types.EnumerateObject())
        {
            var fields = type.Value.EnumerateArray()
                .Select(f => new Eip712Field(Member(f, "name").GetString() ?? "", Member(f, "type").GetString() ?? ""));
            if (!result.TryAdd(type.Name, [.. fields]))
                throw new AbiException($"type {type.Name} is there twice");
        }
        return result;
    }

    private static Eip712Domain ReadDomain(JsonElement element, IReadOnlyList<Eip712Field>? declared)
    {
        var present = element.EnumerateObject().Select(p => p.Name).ToHashSet();
        var fields = Eip712Domain.AllFields.Where(f => present.Contains(f.Name)).ToArray();
        if (declared is not null && !declared.SequenceEqual(fields))
            throw new AbiException("the domain's members are not those of the type EIP712Domain");
        var types = new Dictionary<string, IReadOnlyList<Eip712Field>> { [Eip712Domain.TypeName] = fields };
        return Eip712Domain.FromValues(ReadStruct(new Eip712Types(types), Eip712Domain.TypeName, element));
    }

    private static Dictionary<string, object?> ReadStruct(Eip712Types types, string name, JsonElement element)
    {
        var members = new Dictionary<string, object?>();
        foreach (var field in types.Fields(name))
            members[field.Name] = ReadValue(types, field.Type, Member(element, field.Name));
        var count = element.EnumerateObject().Count();
        if (count != members.Count)
            throw new AbiException($"{name} has {members.Count} members, the JSON {count}");
        return members;
    }

    private static object ReadValue(Eip712Types types, string type, JsonElement element)
    {
        if (Eip712Types.SplitArray(type) is var (item, _))
            return element.EnumerateArray().Select(e => ReadValue(types, item, e)).ToArray();
        if (types.IsStruct(type))
            return ReadStruct(types, type, element);
        var elementary = types.Elementary(type);
        return elementary.Kind switch
        {
            AbiKind.Bool => element.GetBoolean(),
            AbiKind.String => Text(element),
            AbiKind.Address => Address.Parse(Text(element)),
            AbiKind.FixedBytes when elementary.Size == 32 => Bytes32.Parse(Text(element)),
            AbiKind.FixedBytes or AbiKind.Bytes => Hex.Decode(Text(element)),
            _ => Integer(element),
        };
    }

    private static BigInteger Integer(JsonElement element)
    {
        var text = element.ValueKind == JsonValueKind.Number ? element.GetRawText() : Text(element);
        if (text.Length > 80)
            throw new AbiException("an integer has more than 80 digits");
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? Hex.ParseQuantity(text)
            : BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private static JsonElement Member(JsonElement element, string name) => element.TryGetProperty(name, out var member)
        ? member
        : throw new AbiException($"the member '{name}' is missing");

    private static string Text(JsonElement element) => element.GetString() ?? throw new AbiException("null where text is expected");

    private static void WriteType(Utf8JsonWriter writer, string name, IReadOnlyList<Eip712Field> fields)
    {
        writer.WriteStartArray(name);
        foreach (var field in fields)
        {
            writer.WriteStartObject();
            writer.WriteString("name", field.Name);
            writer.WriteString("type", field.Type);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> members:
                writer.WriteStartObject();
                foreach (var (name, member) in members)
                {
                    writer.WritePropertyName(name);
                    WriteValue(writer, member);
                }
                writer.WriteEndObject();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case byte[] bytes:
                writer.WriteStringValue(Hex.Encode(bytes));
                break;
            case System.Collections.IEnumerable items:
                writer.WriteStartArray();
                foreach (var item in items)
                    WriteValue(writer, item);
                writer.WriteEndArray();
                break;
            case IFormattable number:
                writer.WriteStringValue(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                writer.WriteStringValue(value?.ToString());
                break;
        }
    }
}
