using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>How busy a lease's devices were: for people, never for money.</summary>
public interface IGpuBusySource
{
    /// <returns>Device-milliseconds in which something ran, of the samples in (from, through]; null when nobody measures it, or can be asked.</returns>
    Task<long?> ReadAsync(LeaseId id, long fromMs, long throughMs, CancellationToken cancellation);
}
