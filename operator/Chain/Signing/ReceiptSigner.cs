using Federation.Chain.Mapping;
using Federation.Domain.Settlement;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>
/// Signs usage receipts, so that anybody may settle them. The operator itself settles without a signature; a receipt that is
/// handed to the tenant needs one.
/// </summary>
public sealed class ReceiptSigner(ISigner signer, LeaseDomain domain)
{
    public Task<Signature> SignAsync(Receipt receipt, CancellationToken cancellation) =>
        signer.SignTypedDataAsync(domain.Typed(receipt.ToContract()), cancellation);
}
