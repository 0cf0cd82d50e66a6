using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>
/// Signs usage receipts, so that anybody may settle them, and tells who signed one. The operator itself settles without a signature;
/// a receipt that is handed to the tenant needs one.
/// </summary>
public sealed class ReceiptSigner(ISigner signer, LeaseDomain domain, EthereumClient client, ChainMetrics? metrics = null) : IReceiptSigner
{
    /// <inheritdoc/>
    public async Task<SignedReceipt> SignAsync(Receipt receipt, CancellationToken cancellation)
    {
        var typed = domain.Typed(receipt.ToContract());
        var signature = await signer.SignTypedDataAsync(typed, cancellation);
        return new SignedReceipt(receipt, domain.ChainId, domain.LeaseManager.ToString(), typed.Digest().ToString(), signature.ToString());
    }

    /// <inheritdoc/>
    public async Task<bool> IsCountersignedAsync(Receipt receipt, string tenant, string signature, CancellationToken cancellation)
    {
        if (SignerOf(receipt, signature) is not { } key) return false;
        return key == Address.Parse(tenant) || await IsSessionKeyAsync(tenant, key.ToString(), cancellation);
    }

    /// <inheritdoc/>
    public Task<bool> IsSessionKeyAsync(string tenant, string key, CancellationToken cancellation) => LedgerFault.WrapAsync("The tenant's session keys", metrics, () =>
        client.CallAsync(domain.LeaseManager, new IsSessionKeyFunction { Tenant = Address.Parse(tenant), Key = Address.Parse(key) }, ct: cancellation));

    private Address? SignerOf(Receipt receipt, string signature)
    {
        try
        {
            var parsed = Signature.Parse(signature);
            // The contract takes the one form with a v of 27 or 28.
            return string.Equals(parsed.ToString(), signature, StringComparison.OrdinalIgnoreCase) ? Recovery.Recover(domain.Typed(receipt.ToContract()).Digest(), parsed) : null;
        }
        catch (Exception e) when (e is FormatException or SignatureException)
        {
            return null;
        }
    }
}
