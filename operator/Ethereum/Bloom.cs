using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Federation.Ethereum;

/// <summary>
/// The 2,048 bits of a header that every log of its block is in: its address and each of its topics set three of them. Source:
/// Yellow Paper 4.3.1, the function M3:2048.
/// </summary>
public sealed class Bloom
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 256;

    private readonly byte[] bits;

    /// <summary>Takes exactly 256 bytes, as <see cref="Client.Block.LogsBloom"/> has them.</summary>
    public Bloom(byte[] bits)
    {
        ArgumentNullException.ThrowIfNull(bits);
        if (bits.Length != Size) throw new ArgumentException($"a bloom has {Size} bytes, not {bits.Length}", nameof(bits));
        this.bits = bits;
    }

    /// <summary>Bits that are set: the more, the less it tells.</summary>
    public int Ones
    {
        get
        {
            var ones = 0;
            foreach (var word in MemoryMarshal.Cast<byte, ulong>(bits)) ones += BitOperations.PopCount(word);
            return ones;
        }
    }

    /// <summary>False: no log of the block has this address or topic. True: one may have.</summary>
    public bool MayHold(ReadOnlySpan<byte> item)
    {
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        Keccak256.Hash(item, hash);
        for (var pair = 0; pair < 6; pair += 2)
        {
            var bit = BinaryPrimitives.ReadUInt16BigEndian(hash[pair..]) & 0x7ff;
            if ((bits[Size - 1 - (bit / 8)] & (1 << (bit % 8))) == 0) return false;
        }

        return true;
    }
}
