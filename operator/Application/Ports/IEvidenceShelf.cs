using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>The evidence that is kept, as it is handed to who may see it.</summary>
public interface IEvidenceShelf
{
    /// <returns>All windows that are kept of the lease, by their number; none when none are.</returns>
    /// <exception cref="EvidenceException">They are there and cannot be read.</exception>
    Task<IReadOnlyList<KeptWindow>> ListAsync(LeaseId lease, CancellationToken cancellation);

    /// <returns>The lines of the window with this root, UTF-8, each with a line break after it, read as they are asked for; null when there is none here.</returns>
    /// <exception cref="EvidenceException">It is there and cannot be read.</exception>
    Task<Stream?> OpenAsync(LeaseId lease, string root, CancellationToken cancellation);

    /// <returns>Whose the lease was, also when nothing else knows it any more; null when that is not kept.</returns>
    /// <exception cref="EvidenceException">It is there and cannot be read.</exception>
    Task<LeaseReaders?> ReadersAsync(LeaseId lease, CancellationToken cancellation);
}
