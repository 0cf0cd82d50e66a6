using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Ethereum.Client;

/// <summary>Which block a read is made at: a tag, a number, or a hash (EIP-1898, refused once it left the chain).</summary>
[JsonConverter(typeof(BlockParameterJsonConverter))]
public sealed record BlockParameter
{
    public static readonly BlockParameter Latest = new("latest", null);
    public static readonly BlockParameter Pending = new("pending", null);
    public static readonly BlockParameter Safe = new("safe", null);
    public static readonly BlockParameter Finalized = new("finalized", null);
    public static readonly BlockParameter Earliest = new("earliest", null);

    private BlockParameter(string tag, Bytes32? hash) => (Tag, Hash) = (tag, hash);

    /// <summary>A tag or a hex number; empty if a hash is meant.</summary>
    public string Tag { get; }

    /// <summary>The block's hash, if it is named so.</summary>
    public Bytes32? Hash { get; }

    public static BlockParameter AtNumber(ulong number) => new(Hex.Quantity(number), null);

    public static BlockParameter AtHash(Bytes32 hash) => new("", hash);

    /// <inheritdoc/>
    public override string ToString() => Hash?.ToString() ?? Tag;
}

internal sealed class BlockParameterJsonConverter : JsonConverter<BlockParameter>
{
    public override BlockParameter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("block parameters are only sent");

    public override void Write(Utf8JsonWriter writer, BlockParameter value, JsonSerializerOptions options)
    {
        if (value.Hash is not { } hash)
        {
            writer.WriteStringValue(value.Tag);
            return;
        }
        writer.WriteStartObject();
        writer.WriteString("blockHash", hash.ToString());
        writer.WriteBoolean("requireCanonical", true);
        writer.WriteEndObject();
    }
}
