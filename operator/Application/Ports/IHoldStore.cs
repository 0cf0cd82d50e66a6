using Federation.Domain.Placement;

namespace Federation.Application.Ports;

/// <summary>The holds of this datacenter, kept in the cluster: a restart forgets none, and two writers never both win.</summary>
public interface IHoldStore
{
    /// <param name="fresh">Ask the cluster, not the memory of the last read or write.</param>
    Task<HoldList> ReadAsync(bool fresh, CancellationToken cancellation);

    /// <summary>Replaces all holds by others.</summary>
    /// <returns>False when they were written since they were seen; nothing is written then.</returns>
    /// <exception cref="ClusterException">They do not fit, or a later leader has taken them over.</exception>
    Task<bool> TryWriteAsync(HoldList seen, IReadOnlyList<Hold> holds, CancellationToken cancellation);
}

/// <param name="Version">Of the stored object; empty when there is none.</param>
public sealed record HoldList(IReadOnlyList<Hold> Holds, string Version);
