using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Federation.Ethereum.Keystore;

/// <summary>The scrypt key derivation on the class library's PBKDF2. Source: RFC 7914.</summary>
public static class Scrypt
{
    /// <summary>Memory that one derivation may take, in bytes; Geth's standard files take 256 MiB.</summary>
    public const long MaxMemoryBytes = 512L * 1024 * 1024;

    private const int MaxParallelism = 16;

    /// <summary>Derives a key.</summary>
    /// <param name="password">The password's bytes.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="n">Cost: a power of two above 1.</param>
    /// <param name="r">Block size factor.</param>
    /// <param name="p">Lanes, computed one after the other.</param>
    /// <param name="length">Bytes wanted.</param>
    /// <exception cref="KeystoreException">Parameters out of range, or more than <see cref="MaxMemoryBytes"/>.</exception>
    public static byte[] DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, long n, int r, int p, int length)
    {
        RequireSane(n, r, p);
        var blockBytes = 128 * r;
        var lanes = Rfc2898DeriveBytes.Pbkdf2(password, salt, 1, HashAlgorithmName.SHA256, p * blockBytes);
        var memory = new uint[n * 32 * r];
        var scratch = new uint[32 * r];
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("scrypt here reads words as little-endian");
        for (var lane = 0; lane < p; lane++)
            Mix(MemoryMarshal.Cast<byte, uint>(lanes.AsSpan(lane * blockBytes, blockBytes)), memory, scratch, n);
        var key = Rfc2898DeriveBytes.Pbkdf2(password, lanes, 1, HashAlgorithmName.SHA256, length);
        CryptographicOperations.ZeroMemory(lanes);
        Array.Clear(memory);
        Array.Clear(scratch);
        return key;
    }

    internal static void RequireSane(long n, int r, int p)
    {
        if (n < 2 || !BitOperations.IsPow2(n))
            throw new KeystoreException($"scrypt's n must be a power of two above 1, not {n}");
        if (r < 1 || p is < 1 or > MaxParallelism)
            throw new KeystoreException($"scrypt's r must be at least 1 and p from 1 to {MaxParallelism}");
        if (r > MaxMemoryBytes / 128 / n)
            throw new KeystoreException($"scrypt with n={n}, r={r} takes more than {MaxMemoryBytes >> 20} MiB");
    }

    private static void Mix(Span<uint> block, uint[] memory, Span<uint> scratch, long n)
    {
        var words = block.Length;
        for (var i = 0L; i < n; i++)
        {
            block.CopyTo(memory.AsSpan((int)(i * words), words));
            BlockMix(block, scratch);
        }
        for (var i = 0L; i < n; i++)
        {
            var j = (int)(block[words - 16] & (uint)(n - 1));
            var other = memory.AsSpan(j * words, words);
            for (var k = 0; k < words; k++)
                block[k] ^= other[k];
            BlockMix(block, scratch);
        }
    }

    private static void BlockMix(Span<uint> block, Span<uint> scratch)
    {
        var half = block.Length / 2;
        Span<uint> x = stackalloc uint[16];
        block[^16..].CopyTo(x);
        for (int i = 0, chunk = 0; i < block.Length; i += 16, chunk++)
        {
            for (var k = 0; k < 16; k++)
                x[k] ^= block[i + k];
            Salsa208(x);
            // Even chunks fill the first half of the result, odd ones the second.
            x.CopyTo(scratch[((chunk >> 1) * 16 + ((chunk & 1) * half))..]);
        }
        scratch.CopyTo(block);
    }

    private static void Salsa208(Span<uint> b)
    {
        Span<uint> x = stackalloc uint[16];
        b.CopyTo(x);
        for (var i = 0; i < 4; i++)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }
        for (var i = 0; i < 16; i++)
            b[i] += x[i];
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
