using System.Buffers.Binary;
using System.Text;

namespace Federation.Ethereum.Abi;

/// <summary>
/// Decodes strictly. Integers come as <see cref="System.Numerics.BigInteger"/>, address as <see cref="Address"/>,
/// bytes32 as <see cref="Bytes32"/>, other byte types as <c>byte[]</c>, arrays and tuples as <c>object[]</c>.
/// Refused: data that is too short, offsets that are unaligned or point out of the data or into the head, set padding
/// bits, invalid UTF-8, and tails that overlap. The last rule lets every input byte be read once at most, and so bounds
/// the memory that hostile data can claim. Bytes after the last tail are allowed, as Solidity allows them.
/// </summary>
public static class AbiDecoder
{
    /// <summary>Decodes one value that was encoded alone.</summary>
    public static object Decode(AbiType type, ReadOnlySpan<byte> data) => Decode([type], data)[0];

    /// <summary>Decodes a parameter list.</summary>
    /// <exception cref="AbiException">Data that is not a strict encoding of these types.</exception>
    public static object[] Decode(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> data)
    {
        var unread = (long)data.Length;
        return Sequence(types, data, ref unread);
    }

    private static object[] Sequence(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> data, ref long unread)
    {
        var headSize = types.Sum(t => (long)t.HeadSize);
        Take(ref unread, data, 0, headSize, "head");
        var values = new object[types.Count];
        var head = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var type = types[i];
            values[i] = type.IsDynamic
                ? Tail(type, data[Offset(type, data[head..], headSize, data.Length)..], ref unread)
                : Static(type, data.Slice(head, type.HeadSize));
            head += type.HeadSize;
        }
        return values;
    }

    private static object Tail(AbiType type, ReadOnlySpan<byte> data, ref long unread)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
                return Blob(type, data, ref unread).ToArray();
            case AbiKind.String:
                return Text(Blob(type, data, ref unread));
            case AbiKind.Array:
                var count = Length(type, data, type.Element!.HeadSize, ref unread);
                return Sequence(new AbiEncoder.Repeated(type.Element, count), data[32..], ref unread);
            default:
                return Sequence(AbiEncoder.MemberTypes(type), data, ref unread);
        }
    }

    private static object Static(AbiType type, ReadOnlySpan<byte> data)
    {
        if (type.Kind is not (AbiKind.FixedArray or AbiKind.Tuple))
            return AbiWord.Read(data, type);
        var types = AbiEncoder.MemberTypes(type);
        var values = new object[types.Count];
        var at = 0;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Static(types[i], data.Slice(at, types[i].HeadSize));
            at += types[i].HeadSize;
        }
        return values;
    }

    private static int Offset(AbiType type, ReadOnlySpan<byte> word, long headSize, int available)
    {
        var offset = Number(word);
        if (offset is null || offset > available || offset < headSize || offset % 32 != 0)
            throw new AbiException($"the offset of a {type} is unaligned or points out of the data or into the head");
        return (int)offset;
    }

    private static int Length(AbiType type, ReadOnlySpan<byte> data, int unit, ref long unread)
    {
        Take(ref unread, data, 0, 32, "length");
        var length = Number(data);
        if (length is null || length > (data.Length - 32) / unit)
            throw new AbiException($"the length of a {type} exceeds the data");
        return (int)length;
    }

    private static ReadOnlySpan<byte> Blob(AbiType type, ReadOnlySpan<byte> data, ref long unread)
    {
        var length = Length(type, data, 1, ref unread);
        var padded = (length + 31L) & ~31L;
        Take(ref unread, data, 32, padded, type.Canonical);
        AbiWord.RequireZero(data.Slice(32 + length, (int)padded - length), type);
        return data.Slice(32, length);
    }

    private static string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return AbiWord.Utf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new AbiException("string is no valid UTF-8", e);
        }
    }

    private static void Take(ref long unread, ReadOnlySpan<byte> data, int start, long count, string what)
    {
        if (count > data.Length - start)
            throw new AbiException($"the data ends within a {what}");
        unread -= count;
        if (unread < 0)
            throw new AbiException("tails overlap");
    }

    /// <summary>A word as a number, or null if it does not fit 31 bits (no data is that long).</summary>
    private static int? Number(ReadOnlySpan<byte> word)
    {
        if (word[..28].ContainsAnyExcept((byte)0))
            return null;
        var value = BinaryPrimitives.ReadUInt32BigEndian(word[28..]);
        return value <= int.MaxValue ? (int)value : null;
    }
}
