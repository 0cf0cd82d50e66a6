using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Holding;

/// <summary>What is promised at one moment, and by whom.</summary>
/// <param name="Book">The nodes with every promise on them.</param>
/// <param name="Stored">As the holds lie in the cluster.</param>
/// <param name="Open">Those that may still become a lease.</param>
/// <param name="Kept">What has to stay in the store: the open ones, and those that a lease without an object came out of.</param>
/// <param name="Known">All leases that are on chain.</param>
public sealed record CapacityView(
    CapacityBook Book, HoldList Stored, IReadOnlyList<Hold> Open, IReadOnlyList<Hold> Kept, IReadOnlySet<LeaseId> Known)
{
    /// <summary>Holds lie in the store that promise nothing any more.</summary>
    public bool HasEnded => Kept.Count < Stored.Holds.Count;

    /// <summary>What the datacenter routes; null while that is not known.</summary>
    public IngressOffer? Ingress { get; init; }

    /// <summary>Why nothing may be promised now, whatever is asked for; null when something may.</summary>
    public QuoteRefusal? Refusal { get; init; }
}
