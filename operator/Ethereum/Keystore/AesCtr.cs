using System.Security.Cryptography;

namespace Federation.Ethereum.Keystore;

/// <summary>AES-128 in counter mode, which the class library has only the block cipher for.</summary>
internal static class AesCtr
{
    /// <summary>Encrypts or decrypts: both are the same XOR. The counter is the whole block, big-endian.</summary>
    public static byte[] Transform(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> data)
    {
        using var aes = Aes.Create();
        aes.SetKey(key16);
        Span<byte> counter = stackalloc byte[16];
        Span<byte> pad = stackalloc byte[16];
        iv.CopyTo(counter);
        var output = data.ToArray();
        for (var at = 0; at < output.Length; at += 16)
        {
            aes.EncryptEcb(counter, pad, PaddingMode.None);
            for (var i = 0; i < 16 && at + i < output.Length; i++)
                output[at + i] ^= pad[i];
            for (var i = 15; i >= 0 && ++counter[i] == 0; i--)
            {
            }
        }
        CryptographicOperations.ZeroMemory(pad);
        return output;
    }
}
