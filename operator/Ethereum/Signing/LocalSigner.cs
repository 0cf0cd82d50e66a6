using System.Security.Cryptography;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Transactions;
using Federation.Ethereum.TypedData;

namespace Federation.Ethereum.Signing;

/// <summary>
/// Signs with a key in this process's memory: pinned, so that the collector leaves no copies, and zeroed on dispose.
/// Nothing prints the key. Safe for concurrent use.
/// </summary>
public sealed class LocalSigner : ISigner, IDisposable
{
    private readonly byte[] key;
    private readonly Lock gate = new();
    private bool disposed;

    /// <summary>Copies the 32 key bytes; the caller zeroes its own.</summary>
    /// <exception cref="SignatureException">Not 32 bytes, zero, or at or above the group order.</exception>
    public LocalSigner(ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != 32 || !Secp256k1.IsPrivateKey(privateKey))
            throw new SignatureException("the private key must be 32 bytes, above zero and below the group order");
        key = GC.AllocateUninitializedArray<byte>(32, pinned: true);
        privateKey.CopyTo(key);
        Address = Secp256k1.AddressOf(key);
    }

    /// <inheritdoc/>
    public Address Address { get; }

    /// <summary>A signer with a fresh random key.</summary>
    public static LocalSigner Generate()
    {
        Span<byte> candidate = stackalloc byte[32];
        do
            RandomNumberGenerator.Fill(candidate);
        while (!Secp256k1.IsPrivateKey(candidate));
        var signer = new LocalSigner(candidate);
        CryptographicOperations.ZeroMemory(candidate);
        return signer;
    }

    /// <summary>A signer from 0x and 64 hex digits. For tests and local chains: strings cannot be zeroed.</summary>
    /// <exception cref="SignatureException">No valid key; the message does not repeat it.</exception>
    public static LocalSigner FromHex(string privateKey)
    {
        if (!Bytes32.TryParse(privateKey, out var parsed))
            throw new SignatureException("the private key must be 0x and 64 hex digits");
        return new LocalSigner(parsed.Span);
    }

    /// <summary>Signs 32 bytes as they are.</summary>
    public Signature SignDigest(Bytes32 digest)
    {
        // The lock keeps dispose from zeroing the key in the middle of a signature.
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return Secp256k1.Sign(digest, key);
        }
    }

    /// <inheritdoc/>
    public Task<SignedTransaction> SignTransactionAsync(Eip1559Transaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return Task.FromResult(new SignedTransaction(transaction, SignDigest(transaction.SigningHash())));
    }

    /// <inheritdoc/>
    public Task<Signature> SignTypedDataAsync(Eip712TypedData data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Task.FromResult(SignDigest(data.Digest()));
    }

    /// <inheritdoc/>
    public Task<Signature> SignMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) =>
        Task.FromResult(SignDigest(PersonalMessage.Digest(message.Span)));

    /// <summary>The key for writing a keystore file; the caller zeroes it.</summary>
    internal byte[] CopyKey()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return [.. key];
        }
    }

    /// <summary>The address only.</summary>
    public override string ToString() => $"local signer {Address}";

    /// <summary>Zeroes the key.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            CryptographicOperations.ZeroMemory(key);
            disposed = true;
        }
    }
}
