using Federation.Domain.Leases;
using Federation.Domain.Results;

namespace Federation.Application.Ports;

/// <summary>Reads results of leases from the chain.</summary>
public interface IResultLedger
{
    /// <returns>Null when there is none at that block.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<PostedResult?> ReadResultAsync(LeaseId id, ulong block, CancellationToken cancellation);
}
