namespace Federation.Ethereum.Cryptography;

/// <summary>Finds who signed. Signatures with a high s are refused: see <see cref="Signature.IsLowS"/>.</summary>
public static class Recovery
{
    /// <summary>The address whose key signed the digest.</summary>
    /// <exception cref="SignatureException">High s, or no valid signature at all.</exception>
    public static Address Recover(Bytes32 digest, Signature signature)
    {
        if (!signature.IsLowS)
            throw new SignatureException("the signature's s is in the upper half of the group order");
        return Secp256k1.Recover(digest, signature)
            ?? throw new SignatureException("the signature is not a valid one for any key");
    }

    /// <summary>True if the digest was signed by the key of this address. Never throws for a bad signature.</summary>
    public static bool IsSignedBy(Bytes32 digest, Signature signature, Address expected) =>
        signature.IsLowS && Secp256k1.Recover(digest, signature) == expected;
}
