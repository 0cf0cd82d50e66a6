using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>Where the evidence of closed windows lies until nobody can dispute them any more.</summary>
public interface IEvidenceStore
{
    /// <summary>Durable when it returns. The same again changes nothing.</summary>
    /// <param name="keepSeconds">How long after the lease's end it may be asked for.</param>
    /// <exception cref="EvidenceException">It cannot be kept: where, why, and what to do.</exception>
    Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation);

    /// <returns>The lines of the window with this root; null when there is none here.</returns>
    /// <exception cref="EvidenceException">It is there and cannot be read.</exception>
    Task<IReadOnlyList<string>?> ReadAsync(LeaseId lease, string root, CancellationToken cancellation);

    /// <summary>Removes what may go: leases that have been over for as long as they are kept.</summary>
    /// <param name="isLive">The lease is not over: nothing of it goes.</param>
    /// <param name="now">Unix seconds.</param>
    /// <returns>Why no more can be kept, and what to do; null when it can.</returns>
    Task<string?> TidyAsync(Predicate<LeaseId> isLive, long now, CancellationToken cancellation);
}

/// <summary>Evidence that cannot be kept or read; the message is for the administrator.</summary>
public sealed class EvidenceException(string message, Exception? inner = null) : Exception(message, inner);
