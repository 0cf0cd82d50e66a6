using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>
/// Texts that stand in thousands of objects (names of labels and namespaces, reasons, quantities) as one string each. A bounded number of
/// short ones is remembered: what is new takes the place of another, which is a string more when it comes again and nothing worse.
/// </summary>
internal static class SharedText
{
    /// <summary>Characters, or UTF-8 bytes: a hash, an address, most messages.</summary>
    public const int Longest = 128;

    private const int Places = 8192;

    private static readonly string?[] Known = new string?[Places];

    public static string Of(ReadOnlySpan<char> text)
    {
        if (text.Length > Longest)
        {
            return text.ToString();
        }

        // Hashed with the process' own secret, so nobody chooses texts that take each other's place.
        ref var place = ref Known[(uint)string.GetHashCode(text) % Places];
        return place is { } known && text.SequenceEqual(known) ? known : place = text.ToString();
    }
}

/// <summary>Reads texts and keys of maps as <see cref="SharedText"/>.</summary>
internal sealed class SharedTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader)!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string? Read(ref Utf8JsonReader reader)
    {
        if ((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) > SharedText.Longest)
        {
            return reader.GetString();
        }

        Span<char> text = stackalloc char[SharedText.Longest];
        return SharedText.Of(text[..reader.CopyString(text)]);
    }
}
