using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Domain.Leases;

namespace Federation.Testing.Cluster;

/// <summary>All that a status says, as text: two statuses are the same when it is.</summary>
public static class StatusText
{
    private static readonly JsonSerializerOptions Options = new() { Converters = { new BigIntegerConverter() } };

    public static string Of(LeaseStatus status) => JsonSerializer.Serialize(status, Options);

    private sealed class BigIntegerConverter : JsonConverter<System.Numerics.BigInteger>
    {
        public override System.Numerics.BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            System.Numerics.BigInteger.Parse(reader.GetString()!, CultureInfo.InvariantCulture);

        public override void Write(Utf8JsonWriter writer, System.Numerics.BigInteger value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}
