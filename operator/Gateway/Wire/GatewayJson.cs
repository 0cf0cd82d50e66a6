using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Gateway.Wire;

/// <summary>The gateway's JSON: camel case, nothing unknown, nothing missing, amounts as decimal strings.</summary>
internal static class GatewayJson
{
    // A Request is two levels deep; what is deeper is not one.
    private const int MaxDepth = 8;

    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        MaxDepth = MaxDepth,
        Converters = { new AmountConverter(), new CounterConverter() },
    };

    /// <summary>JSON numbers are doubles to most readers: amounts travel as text.</summary>
    private sealed class AmountConverter : JsonConverter<BigInteger>
    {
        // 2^256 has 78 digits. The bound also keeps quadratic parsing away from strangers.
        private const int MaxDigits = 78;

        public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String) throw new JsonException("an amount is a string of decimal digits");
            var text = reader.GetString()!;
            if (text.Length is 0 or > MaxDigits || !text.All(char.IsAsciiDigit) || (text.Length > 1 && text[0] == '0'))
                throw new JsonException("an amount is a string of at most 78 decimal digits without sign or leading zero");
            return BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private sealed class CounterConverter : JsonConverter<ulong>
    {
        public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && ulong.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw new JsonException("a 64-bit number is a string of decimal digits");

        public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}
