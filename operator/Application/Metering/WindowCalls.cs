using System.Collections.Concurrent;
using Federation.Domain.Leases;

namespace Federation.Application.Metering;

/// <summary>Leases whose open window somebody waits for: it is due now, and not with the epoch.</summary>
public sealed class WindowCalls
{
    private readonly ConcurrentDictionary<LeaseId, long> wanted = [];

    /// <summary>A window is to be closed; the lease is worth a look.</summary>
    public event Action<LeaseId>? Called;

    /// <param name="throughMs">Unix milliseconds until which the lease is to be measured.</param>
    public void Call(LeaseId id, long throughMs)
    {
        wanted.AddOrUpdate(id, throughMs, (_, before) => Math.Max(before, throughMs));
        Called?.Invoke(id);
    }

    /// <param name="measuredMs">Unix milliseconds until which it is measured; from the moment that somebody waited for, nobody waits any more.</param>
    internal bool IsCalled(LeaseId id, long measuredMs)
    {
        if (!wanted.TryGetValue(id, out var until)) return false;
        if (measuredMs < until) return true;
        wanted.TryRemove(KeyValuePair.Create(id, until));
        return false;
    }

    /// <summary>The lease is looked at no more.</summary>
    internal void Forget(LeaseId id) => wanted.TryRemove(id, out _);
}
