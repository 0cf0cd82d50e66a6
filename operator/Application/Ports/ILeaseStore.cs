using System.Text.Json;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Ports;

/// <summary>The ComputeLease objects of this datacenter.</summary>
public interface ILeaseStore
{
    /// <summary>All of them, from the informer's cache.</summary>
    Task<IReadOnlyList<LeaseRecord>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// Create the namespace and the ComputeLease of a matched lease unless they exist. One whose <c>spec.chain</c> does not
    /// say what the chain says, after an amendment or an edit by hand, is set right. Idempotent; writes nothing when nothing differs.
    /// </summary>
    Task EnsureAsync(MatchedLease lease, CancellationToken cancellation);

    /// <summary>The status, whole, and an Event for each condition that broke, was refused, got ready or finished; nothing when nothing differs.</summary>
    /// <returns>False when nothing differs.</returns>
    Task<bool> WriteStatusAsync(LeaseRecord seen, LeaseStatus status, CancellationToken cancellation);
}

/// <param name="Terms">As <c>spec.chain</c> says; null when it cannot be read.</param>
/// <param name="MatchedBlock">As <c>spec.chain</c> says.</param>
/// <param name="Workload">The tenant's <c>spec.workload</c> as delivered; null before delivery.</param>
/// <param name="Status">As last written; <see cref="LeaseStatus.New"/> when there is none.</param>
public sealed record LeaseRecord(
    LeaseId Id,
    LeaseTerms? Terms,
    ulong MatchedBlock,
    JsonElement? Workload,
    long Generation,
    LeaseStatus Status)
{
    /// <summary>What the tenant wants of its volumes; null when nothing.</summary>
    public ExportWish? Export { get; init; }

    /// <summary>The nodes that were held for it when it was made; empty when none were.</summary>
    public IReadOnlyList<NodeShare> Reserved { get; init; } = [];
}
