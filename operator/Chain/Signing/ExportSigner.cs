using Federation.Application.Ports;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Ethereum.TypedData;

namespace Federation.Chain.Signing;

/// <summary>Signs, and for a tenant verifies, what a datacenter says that it has sent of a volume.</summary>
public sealed class ExportSigner(ISigner signer, LeaseDomain domain) : IExportSigner
{
    public async Task<string> SignAsync(LeaseId id, string volume, SentBytes sent, long exportedAt, CancellationToken cancellation) =>
        (await signer.SignTypedDataAsync(Typed(domain, id, volume, sent, exportedAt), cancellation)).ToString();

    /// <summary>Whether an entry of a ComputeLease's <c>status.exports</c> is signed by the datacenter. Never throws for a bad entry.</summary>
    /// <param name="operatorKey">As the registry names it for the provider, at the time of the export.</param>
    public static bool IsSignedBy(LeaseDomain domain, LeaseId id, VolumeExport export, Address operatorKey)
    {
        try
        {
            return export.Sent is { } sent && Recovery.IsSignedBy(Typed(domain, id, export.Volume, sent, export.EndedAt).Digest(), Signature.Parse(export.Signature), operatorKey);
        }
        catch (Exception e) when (e is FormatException or SignatureException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>What is signed; its JSON is what wallets and <c>cast wallet verify --data</c> take.</summary>
    public static Eip712TypedData Typed(LeaseDomain domain, LeaseId id, string volume, SentBytes sent, long exportedAt) =>
        domain.TypedExport(Bytes32.Parse(id.Hex), volume, Bytes32.Parse(sent.Digest), sent.Size, checked((ulong)exportedAt));
}
