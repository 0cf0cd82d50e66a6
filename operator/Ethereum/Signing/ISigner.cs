using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Transactions;
using Federation.Ethereum.TypedData;

namespace Federation.Ethereum.Signing;

/// <summary>
/// Signs for one address. A raw digest cannot be asked for: remote signers refuse blind signing, and code on this
/// interface shall work with both kinds.
/// </summary>
public interface ISigner
{
    /// <summary>The address whose key signs.</summary>
    Address Address { get; }

    /// <summary>Signs an EIP-1559 transaction.</summary>
    /// <exception cref="SignatureException">The signer signed something else, or as somebody else.</exception>
    Task<SignedTransaction> SignTransactionAsync(Eip1559Transaction transaction, CancellationToken cancellationToken = default);

    /// <summary>Signs EIP-712 typed data.</summary>
    /// <exception cref="SignatureException">The signer signed something else, or as somebody else.</exception>
    Task<Signature> SignTypedDataAsync(Eip712TypedData data, CancellationToken cancellationToken = default);

    /// <summary>Signs an EIP-191 personal message.</summary>
    /// <exception cref="SignatureException">The signer signed something else, or as somebody else.</exception>
    Task<Signature> SignMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default);
}
