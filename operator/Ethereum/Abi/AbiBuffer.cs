namespace Federation.Ethereum.Abi;

/// <summary>A growing run of bytes, zeroed where reserved, so that padding needs no writing.</summary>
internal sealed class AbiBuffer
{
    private byte[] data = new byte[256];

    public int Length { get; private set; }

    /// <summary>Appends zero bytes and returns where they start.</summary>
    public int Reserve(int count)
    {
        var start = Length;
        Length = checked(Length + count);
        if (Length > data.Length)
            Array.Resize(ref data, (int)Math.Min(Array.MaxLength, Math.Max((long)Length, 2L * data.Length)));
        return start;
    }

    public Span<byte> At(int start, int count) => data.AsSpan(start, count);

    public byte[] ToArray() => data.AsSpan(0, Length).ToArray();
}
