namespace Federation.Application.Ports;

/// <summary>What a datacenter hands over of one lease, as its tenant gets it.</summary>
public interface ILeaseRecords
{
    /// <returns>The receipt that the lease is settled by next; null when none is to come now.</returns>
    Task<SignedReceipt?> ReadReceiptAsync(CancellationToken cancellation);

    /// <param name="window">Root of the window, or its number.</param>
    /// <returns>The window's lines; null when the datacenter does not keep it.</returns>
    Task<IReadOnlyList<string>?> ReadWindowAsync(string window, CancellationToken cancellation);

    /// <summary>Hands over the tenant's signature of a receipt.</summary>
    /// <param name="digest">What was signed, 0x hex.</param>
    Task CountersignAsync(string digest, string signature, CancellationToken cancellation);
}
