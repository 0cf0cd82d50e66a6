namespace Federation.Ethereum.Rlp;

/// <summary>Reads RLP strictly: only the one canonical encoding of an item is accepted, with nothing after it.</summary>
public static class RlpDecoder
{
    // A list costs a byte of input per level; without a bound, input would choose our stack depth.
    private const int MaxDepth = 64;

    /// <summary>Decodes exactly one item.</summary>
    /// <exception cref="RlpException">Truncated, non-canonical, too deep, or followed by more bytes.</exception>
    public static RlpItem Decode(ReadOnlySpan<byte> data)
    {
        var item = Read(ref data, 0);
        return data.IsEmpty ? item : throw new RlpException($"{data.Length} bytes follow the item");
    }

    private static RlpItem Read(ref ReadOnlySpan<byte> data, int depth)
    {
        if (depth > MaxDepth)
            throw new RlpException($"lists nest deeper than {MaxDepth}");
        if (data.IsEmpty)
            throw new RlpException("the data ends before an item");
        var first = data[0];
        if (first < 0x80)
            return RlpItem.Of(Take(ref data, 1).ToArray());
        var isList = first >= 0xc0;
        var body = Body(ref data, first - (isList ? 0xc0 : 0x80));
        if (isList)
        {
            var items = new List<RlpItem>();
            while (!body.IsEmpty)
                items.Add(Read(ref body, depth + 1));
            return RlpItem.List(items);
        }
        if (body.Length == 1 && body[0] < 0x80)
            throw new RlpException("a byte below 0x80 has a prefix");
        return RlpItem.Of(body.ToArray());
    }

    private static ReadOnlySpan<byte> Body(ref ReadOnlySpan<byte> data, int code)
    {
        Take(ref data, 1);
        if (code < 56)
            return Take(ref data, code);
        var digits = Take(ref data, code - 55);
        if (digits[0] == 0)
            throw new RlpException("a length has a leading zero");
        var length = 0L;
        foreach (var digit in digits)
        {
            if (length > int.MaxValue)
                throw new RlpException("a length exceeds the data");
            length = (length << 8) | digit;
        }
        if (length < 56)
            throw new RlpException("a short length is written in the long form");
        return Take(ref data, length);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, long count)
    {
        if (count > data.Length)
            throw new RlpException("a length exceeds the data");
        var taken = data[..(int)count];
        data = data[(int)count..];
        return taken;
    }
}
