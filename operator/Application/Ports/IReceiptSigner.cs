using Federation.Domain.Settlement;

namespace Federation.Application.Ports;

/// <summary>Signatures of receipts: the provider's, so that anybody may settle them, and the tenant's, which has them paid at once.</summary>
public interface IReceiptSigner
{
    Task<SignedReceipt> SignAsync(Receipt receipt, CancellationToken cancellation);

    /// <summary>Whether the tenant's key, or one of its session keys, signed the receipt. A contract is not asked: it names a session key.</summary>
    /// <exception cref="LedgerException">The session keys cannot be read.</exception>
    Task<bool> IsCountersignedAsync(Receipt receipt, string tenant, string signature, CancellationToken cancellation);

    /// <summary>Whether the tenant has said on chain that the key may act for it in such things.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<bool> IsSessionKeyAsync(string tenant, string key, CancellationToken cancellation);
}

/// <summary>What a receipt is to who is asked to sign it.</summary>
/// <param name="ChainId">EIP-155 chain id, of the signature's domain.</param>
/// <param name="LeaseManager">Verifying contract of the signature's domain, EIP-55 address.</param>
/// <param name="Digest">What is signed, as the contract computes it (EIP-712), 32 bytes, 0x hex.</param>
/// <param name="Signature">Of the provider's operator key, 0x hex.</param>
public sealed record SignedReceipt(Receipt Receipt, ulong ChainId, string LeaseManager, string Digest, string Signature);
