using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>The numbers by which ports are reached from outside of the cluster: how many there may be, and whose they are.</summary>
/// <param name="Most">Of all leases together; null: no bound.</param>
/// <param name="ByNamespace">What each lease holds, by its namespace.</param>
public sealed record PortUse(int? Most, IReadOnlyDictionary<string, int> ByNamespace)
{
    public static PortUse Unbounded { get; } = new(null, new Dictionary<string, int>());

    /// <summary>Not held by any lease; null: no bound.</summary>
    public int? Free => Most is { } most ? Math.Max(0, most - ByNamespace.Values.Sum()) : null;

    /// <summary>How many the lease may have: what it holds stays its own, also where the bound was lowered below it.</summary>
    public int? RoomFor(LeaseId id) => Free is { } free ? ByNamespace.GetValueOrDefault(id.Namespace) + free : null;
}
