using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>Where the evidence of a closed window waits while it cannot be written to where it belongs: it outlives this process.</summary>
public interface IEvidenceReserve
{
    /// <summary>Durable when it returns, on this node.</summary>
    /// <exception cref="EvidenceException">It cannot be kept here either.</exception>
    Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation);

    /// <summary>All that waits, also what a process before left.</summary>
    /// <exception cref="EvidenceException">It is there and cannot be read.</exception>
    IAsyncEnumerable<WaitingEvidence> AllAsync(CancellationToken cancellation);

    /// <summary>It is where it belongs.</summary>
    /// <exception cref="EvidenceException">It stays: the next process writes it again, which changes nothing.</exception>
    void Remove(LeaseId lease, string root);
}

/// <param name="KeepSeconds">How long after the lease's end it may be asked for.</param>
public sealed record WaitingEvidence(WindowEvidence Evidence, uint KeepSeconds);
