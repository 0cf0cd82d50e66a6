using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>A value that manifests write as a number or as text, such as a port or a quantity; kept as it was written.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private readonly string? text;

    public IntOrString(string value) => text = value;

    public IntOrString(long value) => (text, IsNumber) = (value.ToString(CultureInfo.InvariantCulture), true);

    /// <summary>True when it was written without quotes.</summary>
    public bool IsNumber { get; }

    public static implicit operator IntOrString(string value) => new(value);

    public static implicit operator IntOrString(long value) => new(value);

    public static IntOrString FromString(string value) => new(value);

    public static IntOrString FromInt64(long value) => new(value);

    /// <summary>The value as text.</summary>
    public override string ToString() => text ?? "";
}

internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new IntOrString(reader.GetString()!),
        JsonTokenType.Number => new IntOrString(reader.GetInt64()),
        _ => throw new JsonException("An integer or a string is expected."),
    };

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.IsNumber)
        {
            writer.WriteRawValue(value.ToString());
        }
        else
        {
            writer.WriteStringValue(value.ToString());
        }
    }
}
