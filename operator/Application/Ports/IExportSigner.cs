using Federation.Domain.Exports;
using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>
/// Signs with the provider's operator key that the datacenter has read a volume and sent bytes with this digest at this time. It
/// says nothing of where they went, nor that anybody keeps them.
/// </summary>
public interface IExportSigner
{
    /// <param name="exportedAt">Unix seconds.</param>
    /// <returns>65 bytes, 0x hex; the same for the same.</returns>
    Task<string> SignAsync(LeaseId id, string volume, SentBytes sent, long exportedAt, CancellationToken cancellation);
}
