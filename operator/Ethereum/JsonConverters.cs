using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Ethereum;

internal abstract class HexJsonConverter<T> : JsonConverter<T>
{
    protected abstract T FromText(string text);

    protected abstract string ToText(T value);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException($"a hex string expected for {typeof(T).Name}, found {reader.TokenType}");
        try
        {
            return FromText(reader.GetString()!);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(ToText(value));
}

internal sealed class AddressJsonConverter : HexJsonConverter<Address>
{
    protected override Address FromText(string text) => Address.Parse(text);

    protected override string ToText(Address value) => value.ToString();
}

internal sealed class Bytes32JsonConverter : HexJsonConverter<Bytes32>
{
    protected override Bytes32 FromText(string text) => Bytes32.Parse(text);

    protected override string ToText(Bytes32 value) => value.ToString();
}

internal sealed class DataJsonConverter : HexJsonConverter<byte[]>
{
    // Answers are tens of KB of it: as a string in between they would be four times that, and large objects are what has the whole heap collected.
    public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && Hex.TryDecode(reader.ValueSpan, out var data)
            ? data
            : base.Read(ref reader, typeToConvert, options);

    protected override byte[] FromText(string text) => Hex.Decode(text);

    protected override string ToText(byte[] value) => Hex.Encode(value);
}

internal sealed class QuantityJsonConverter : HexJsonConverter<BigInteger>
{
    protected override BigInteger FromText(string text) => Hex.ParseQuantity(text);

    protected override string ToText(BigInteger value) => Hex.Quantity(value);
}

internal sealed class UInt64QuantityJsonConverter : HexJsonConverter<ulong>
{
    protected override ulong FromText(string text) => (ulong)Hex.ParseQuantity(text);

    protected override string ToText(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
