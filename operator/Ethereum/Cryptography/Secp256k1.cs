using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Federation.Ethereum.Cryptography;

/// <summary>
/// The curve, through libsecp256k1 (Debian's libsecp256k1-1, recovery module included). No curve arithmetic is ours.
/// The native library aborts the process on wrong buffer sizes, so every size is fixed here.
/// </summary>
internal static unsafe partial class Secp256k1
{
    private const string Library = "libsecp256k1.so.1";
    private const uint ContextSignVerify = 0x301;
    private const uint Uncompressed = 2;
    private const int PublicKeySize = 64;
    private const int RecoverableSize = 65;

    private static readonly Lazy<nint> SharedContext = new(CreateContext);

    // One context serves all threads: after its blinding is set once, every call takes it as const.
    private static nint Context => SharedContext.Value;

    /// <summary>True if the 32 bytes are a private key: neither zero nor at or above the group order.</summary>
    public static bool IsPrivateKey(ReadOnlySpan<byte> key)
    {
        RequireSize(key, 32);
        fixed (byte* k = key)
            return secp256k1_ec_seckey_verify(Context, k) == 1;
    }

    /// <summary>The address that belongs to a valid private key.</summary>
    public static Address AddressOf(ReadOnlySpan<byte> key)
    {
        RequireSize(key, 32);
        byte* point = stackalloc byte[PublicKeySize];
        fixed (byte* k = key)
        {
            if (secp256k1_ec_pubkey_create(Context, point, k) != 1)
                throw new SignatureException("the private key is out of range");
        }
        return AddressOf(point);
    }

    /// <summary>Signs with the RFC 6979 nonce; s comes out in the lower half.</summary>
    public static Signature Sign(Bytes32 digest, ReadOnlySpan<byte> key)
    {
        RequireSize(key, 32);
        byte* recoverable = stackalloc byte[RecoverableSize];
        byte* compact = stackalloc byte[64];
        int recoveryId;
        fixed (byte* k = key, d = digest.Span)
        {
            if (secp256k1_ecdsa_sign_recoverable(Context, recoverable, d, k, 0, 0) != 1)
                throw new SignatureException("the private key is out of range");
        }
        _ = secp256k1_ecdsa_recoverable_signature_serialize_compact(Context, compact, &recoveryId, recoverable);
        if (recoveryId > 1)
            throw new SignatureException("the nonce point overflowed the group order");
        return new Signature(new Bytes32(new(compact, 32)), new Bytes32(new(compact + 32, 32)), (byte)recoveryId);
    }

    /// <summary>The signer's address, or null if the signature is no point of the curve.</summary>
    public static Address? Recover(Bytes32 digest, Signature signature)
    {
        if (signature.YParity > 1)
            return null;
        byte* recoverable = stackalloc byte[RecoverableSize];
        byte* point = stackalloc byte[PublicKeySize];
        Span<byte> compact = [.. signature.R.Span, .. signature.S.Span];
        fixed (byte* c = compact, d = digest.Span)
        {
            if (secp256k1_ecdsa_recoverable_signature_parse_compact(Context, recoverable, c, signature.YParity) != 1
                || secp256k1_ecdsa_recover(Context, point, recoverable, d) != 1)
                return null;
        }
        return AddressOf(point);
    }

    private static Address AddressOf(byte* point)
    {
        Span<byte> output = stackalloc byte[65];
        nuint length = 65;
        fixed (byte* o = output)
            _ = secp256k1_ec_pubkey_serialize(Context, o, &length, point, Uncompressed);
        var hash = Keccak256.Hash(output[1..]);
        return new Address(hash.Span[12..]);
    }

    private static nint CreateContext()
    {
        nint context;
        try
        {
            context = secp256k1_context_create(ContextSignVerify);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new InvalidOperationException("libsecp256k1.so.1 with the recovery module is missing: install libsecp256k1-1", e);
        }
        // Blinds scalar multiplication against power and timing measurements.
        Span<byte> seed = stackalloc byte[32];
        RandomNumberGenerator.Fill(seed);
        fixed (byte* s = seed)
        {
            if (secp256k1_context_randomize(context, s) != 1)
                throw new InvalidOperationException("libsecp256k1 refused to randomise its context");
        }
        CryptographicOperations.ZeroMemory(seed);
        return context;
    }

    private static void RequireSize(ReadOnlySpan<byte> span, int size)
    {
        if (span.Length != size)
            throw new SignatureException($"{size} bytes expected, not {span.Length}");
    }

    [LibraryImport(Library)]
    private static partial nint secp256k1_context_create(uint flags);

    [LibraryImport(Library)]
    private static partial int secp256k1_context_randomize(nint context, byte* seed32);

    [LibraryImport(Library)]
    private static partial int secp256k1_ec_seckey_verify(nint context, byte* key);

    [LibraryImport(Library)]
    private static partial int secp256k1_ec_pubkey_create(nint context, byte* point, byte* key);

    [LibraryImport(Library)]
    private static partial int secp256k1_ec_pubkey_serialize(nint context, byte* output, nuint* length, byte* point, uint flags);

    [LibraryImport(Library)]
    private static partial int secp256k1_ecdsa_sign_recoverable(nint context, byte* signature, byte* digest, byte* key, nint nonce, nint data);

    [LibraryImport(Library)]
    private static partial int secp256k1_ecdsa_recoverable_signature_serialize_compact(nint context, byte* output, int* recoveryId, byte* signature);

    [LibraryImport(Library)]
    private static partial int secp256k1_ecdsa_recoverable_signature_parse_compact(nint context, byte* signature, byte* input, int recoveryId);

    [LibraryImport(Library)]
    private static partial int secp256k1_ecdsa_recover(nint context, byte* point, byte* signature, byte* digest);
}
