using Federation.Application.Ports;
using Federation.Chain.Mapping;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>Countersigns receipts with the key of a tenant, or with one of its session keys; no node is needed.</summary>
/// <param name="domain">The chain and the contract that the tenant knows; what a gateway says of them is only compared.</param>
/// <param name="operatorKey">As the registry names it for the provider; null: not compared.</param>
public sealed class TenantKey(ISigner signer, LeaseDomain domain, Address? operatorKey) : ITenantKey
{
    /// <inheritdoc/>
    public string? FaultOf(SignedReceipt receipt)
    {
        if (receipt.ChainId != domain.ChainId) return $"The receipt is for chain {receipt.ChainId}, the lease is on {domain.ChainId}.";
        if (!Address.TryParse(receipt.LeaseManager, out var manager) || manager != domain.LeaseManager) return $"The receipt is for the contract {receipt.LeaseManager}, the lease is in {domain.LeaseManager}.";
        try
        {
            var digest = domain.Typed(receipt.Receipt.ToContract()).Digest();
            if (digest.ToString() != receipt.Digest) return $"The receipt hashes to {digest}, and {receipt.Digest} is to be signed.";
            return operatorKey is not { } key || Recovery.IsSignedBy(digest, Signature.Parse(receipt.Signature), key) ? null : $"The receipt is not signed by {key}, the datacenter's operator key.";
        }
        catch (Exception e) when (e is FormatException or OverflowException or SignatureException or Ethereum.Abi.AbiException)
        {
            return $"The receipt cannot be read: {e.Message}";
        }
    }

    /// <inheritdoc/>
    public async Task<string> SignAsync(Receipt receipt, CancellationToken cancellation) =>
        (await signer.SignTypedDataAsync(domain.Typed(receipt.ToContract()), cancellation)).ToString();
}
