using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Federation.Ethereum;

/// <summary>
/// Keccak-256 with the original padding (0x01), as Ethereum uses it; the SHA-3 of the class library pads with 0x06.
/// Source: the Keccak reference, version 3.0, rate 1088 bits, capacity 512 bits.
/// </summary>
public static class Keccak256
{
    private const int Rate = 136;

    private static readonly ulong[] RoundConstants =
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    // The rho offsets and pi destinations, walked in the order of pi's single cycle that starts at lane 1.
    private static readonly int[] Rotation =
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static readonly int[] Lane =
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    /// <summary>Hash of the bytes.</summary>
    public static Bytes32 Hash(ReadOnlySpan<byte> data)
    {
        Span<byte> output = stackalloc byte[Bytes32.Size];
        Hash(data, output);
        return new Bytes32(output);
    }

    /// <summary>Hash of the UTF-8 bytes of the text.</summary>
    public static Bytes32 Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes the 32 hash bytes into <paramref name="output"/>.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (data.Length >= Rate)
        {
            Absorb(state, data[..Rate]);
            data = data[Rate..];
        }
        Span<byte> last = stackalloc byte[Rate];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x01;
        last[Rate - 1] |= 0x80;
        Absorb(state, last);
        for (var i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(output[(8 * i)..], state[i]);
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (var i = 0; i < Rate / 8; i++)
            state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        Permute(state);
    }

    private static void Permute(Span<ulong> a)
    {
        a = a[..25];
        foreach (var constant in RoundConstants)
        {
            Theta(a);
            var moved = a[1];
            for (var i = 0; i < 24; i++)
            {
                var lane = Lane[i];
                (a[lane], moved) = (BitOperations.RotateLeft(moved, Rotation[i]), a[lane]);
            }
            Chi(a);
            a[0] ^= constant;
        }
    }

    private static void Theta(Span<ulong> a)
    {
        var c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
        var c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
        var c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
        var c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
        var c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
        var d0 = c4 ^ BitOperations.RotateLeft(c1, 1);
        var d1 = c0 ^ BitOperations.RotateLeft(c2, 1);
        var d2 = c1 ^ BitOperations.RotateLeft(c3, 1);
        var d3 = c2 ^ BitOperations.RotateLeft(c4, 1);
        var d4 = c3 ^ BitOperations.RotateLeft(c0, 1);
        for (var row = 0; row < 25; row += 5)
        {
            a[row] ^= d0;
            a[row + 1] ^= d1;
            a[row + 2] ^= d2;
            a[row + 3] ^= d3;
            a[row + 4] ^= d4;
        }
    }

    private static void Chi(Span<ulong> a)
    {
        for (var row = 0; row < 25; row += 5)
        {
            var (b0, b1, b2, b3, b4) = (a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4]);
            a[row] = b0 ^ (~b1 & b2);
            a[row + 1] = b1 ^ (~b2 & b3);
            a[row + 2] = b2 ^ (~b3 & b4);
            a[row + 3] = b3 ^ (~b4 & b0);
            a[row + 4] = b4 ^ (~b0 & b1);
        }
    }
}
