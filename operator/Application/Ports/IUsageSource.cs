using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>Raw samples of a lease's pods.</summary>
public interface IUsageSource
{
    /// <summary>
    /// All samples of the lease's pods with a time in (from, through]. Pods are known by UID: those given, and those that
    /// the kubelet reported for the namespace in that time.
    /// </summary>
    /// <exception cref="UsageUnavailableException">The store cannot be read; the window stays open.</exception>
    Task<IReadOnlyList<UsageSeries>> ReadAsync(LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation);
}

public sealed class UsageUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
