using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Ethereum.JsonRpc;

/// <summary>
/// How .NET values look in Ethereum's JSON: <c>ulong</c> and <c>BigInteger</c> are hex quantities, <c>byte[]</c> is hex
/// data, names are camel case, null members are left out.
/// </summary>
public static class EthereumJson
{
    /// <summary>Shared and read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.Strict,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            Converters = { new QuantityJsonConverter(), new UInt64QuantityJsonConverter(), new DataJsonConverter() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
