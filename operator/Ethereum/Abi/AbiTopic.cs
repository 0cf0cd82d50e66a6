namespace Federation.Ethereum.Abi;

/// <summary>
/// Indexed event parameters. One-word types stand in the topic; others as the Keccak-256 of their members padded and
/// joined without offsets or lengths. Source: Solidity documentation, "Encoding of Indexed Event Parameters".
/// </summary>
public static class AbiTopic
{
    /// <summary>The topic of a value.</summary>
    public static Bytes32 Encode(AbiType type, object value)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
                return Keccak256.Hash(AbiEncoder.Bytes(type, value));
            case AbiKind.String:
                return Keccak256.Hash(AbiEncoder.Text(value));
            case AbiKind.Array or AbiKind.FixedArray or AbiKind.Tuple:
                var buffer = new AbiBuffer();
                InPlace(buffer, type, value);
                return Keccak256.Hash(buffer.ToArray());
            default:
                return new Bytes32(AbiEncoder.Encode(type, value));
        }
    }

    /// <summary>The value of a one-word type, or the topic itself (a hash) for the others.</summary>
    public static object Decode(AbiType type, Bytes32 topic) => IsHashed(type) ? topic : AbiWord.Read(topic.Span, type);

    /// <summary>True if only the hash of the value is in the log.</summary>
    public static bool IsHashed(AbiType type) =>
        type.Kind is AbiKind.Bytes or AbiKind.String or AbiKind.Array or AbiKind.FixedArray or AbiKind.Tuple;

    private static void InPlace(AbiBuffer buffer, AbiType type, object value)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
                Padded(buffer, AbiEncoder.Bytes(type, value));
                break;
            case AbiKind.String:
                Padded(buffer, AbiEncoder.Text(value));
                break;
            case AbiKind.Array or AbiKind.FixedArray or AbiKind.Tuple:
                var items = AbiEncoder.Items(type, value);
                for (var i = 0; i < items.Count; i++)
                    InPlace(buffer, type.Element ?? type.Components[i].Type, items[i]);
                break;
            default:
                AbiWord.Write(buffer.At(buffer.Reserve(32), 32), type, value);
                break;
        }
    }

    private static void Padded(AbiBuffer buffer, ReadOnlySpan<byte> data) =>
        data.CopyTo(buffer.At(buffer.Reserve((data.Length + 31) & ~31), data.Length));
}
