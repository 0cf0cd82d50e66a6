using System.Buffers.Binary;

namespace Federation.Ethereum.Rlp;

/// <summary>Writes items as RLP.</summary>
public static class RlpEncoder
{
    /// <summary>The encoding of one item.</summary>
    public static byte[] Encode(RlpItem item)
    {
        var output = new byte[EncodedLength(item)];
        Write(item, output);
        return output;
    }

    private static int Write(RlpItem item, Span<byte> output)
    {
        if (!item.IsList)
        {
            var bytes = item.Bytes;
            var prefix = IsOwnEncoding(bytes) ? 0 : WritePrefix(output, 0x80, bytes.Length);
            bytes.CopyTo(output[prefix..]);
            return prefix + bytes.Length;
        }
        var at = WritePrefix(output, 0xc0, item.Items.Sum(EncodedLength));
        foreach (var member in item.Items)
            at += Write(member, output[at..]);
        return at;
    }

    private static int EncodedLength(RlpItem item)
    {
        if (!item.IsList)
            return IsOwnEncoding(item.Bytes) ? 1 : PrefixLength(item.Bytes.Length) + item.Bytes.Length;
        var body = item.Items.Sum(EncodedLength);
        return PrefixLength(body) + body;
    }

    private static bool IsOwnEncoding(byte[] bytes) => bytes.Length == 1 && bytes[0] < 0x80;

    private static int PrefixLength(int length) => length < 56 ? 1 : 1 + LengthOfLength(length);

    private static int LengthOfLength(int length) => length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : length < 1 << 24 ? 3 : 4;

    private static int WritePrefix(Span<byte> output, int offset, int length)
    {
        if (length < 56)
        {
            output[0] = (byte)(offset + length);
            return 1;
        }
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, length);
        var count = LengthOfLength(length);
        output[0] = (byte)(offset + 55 + count);
        word[(4 - count)..].CopyTo(output[1..]);
        return 1 + count;
    }
}
