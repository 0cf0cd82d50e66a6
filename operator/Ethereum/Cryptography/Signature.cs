using System.Numerics;

namespace Federation.Ethereum.Cryptography;

/// <summary>A recoverable secp256k1 ECDSA signature.</summary>
/// <param name="R">The x coordinate of the nonce point.</param>
/// <param name="S">The proof; at most half the group order (EIP-2) wherever this library verifies.</param>
/// <param name="YParity">0 or 1: which of the two nonce points.</param>
public readonly record struct Signature(Bytes32 R, Bytes32 S, byte YParity)
{
    /// <summary>Length of the r‖s‖v form in bytes.</summary>
    public const int Size = 65;

    // Source: SEC 2, curve secp256k1: (n - 1) / 2.
    private static readonly Bytes32 HalfOrder =
        Bytes32.Parse("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

    /// <summary>
    /// True if s is in the lower half. For each signature (r, s) there is a twin (r, n-s) that anybody can make, so
    /// accepting both would let one approval be counted twice.
    /// </summary>
    public bool IsLowS => S <= HalfOrder;

    /// <summary>27 or 28, as <c>ecrecover</c> takes it.</summary>
    public byte V => (byte)(27 + YParity);

    /// <summary>Reads r‖s‖v with v of 0, 1, 27 or 28.</summary>
    /// <exception cref="SignatureException">Another length or v.</exception>
    public static Signature Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new SignatureException($"a signature has {Size} bytes, not {bytes.Length}");
        byte parity = bytes[64] switch
        {
            0 or 27 => 0,
            1 or 28 => 1,
            var v => throw new SignatureException($"v must be 0, 1, 27 or 28, not {v}"),
        };
        return new Signature(new Bytes32(bytes[..32]), new Bytes32(bytes[32..64]), parity);
    }

    /// <summary>As the other overload, from hex data.</summary>
    public static Signature Parse(string hex)
    {
        try
        {
            return Parse(Hex.Decode(hex));
        }
        catch (FormatException e)
        {
            throw new SignatureException(e.Message, e);
        }
    }

    /// <summary>r‖s‖v with v of 27 or 28.</summary>
    public byte[] ToArray() => [.. R.Span, .. S.Span, V];

    /// <summary>The 65 bytes as hex.</summary>
    public override string ToString() => Hex.Encode(ToArray());

    internal BigInteger RNumber => R.ToBigInteger();

    internal BigInteger SNumber => S.ToBigInteger();
}
