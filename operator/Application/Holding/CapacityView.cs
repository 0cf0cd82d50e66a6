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

    /// <summary>The same after one hold was added to what is kept, and nothing else was changed; null when that is not what is stored.</summary>
    internal CapacityView? With(HoldList stored)
    {
        if (stored.Holds.Count != Kept.Count + 1 || Kept.Where((hold, i) => !ReferenceEquals(hold, stored.Holds[i])).Any()) return null;
        var added = stored.Holds[^1];
        // One that lay there before and is not kept has ended. What amends a lease is settled by the lease's own state.
        return added.Amends is null && Stored.Holds.All(h => h.Id != added.Id) && Book.With(added) is { } book ? this with { Book = book, Stored = stored, Open = [.. Open, added], Kept = stored.Holds } : null;
    }

    /// <summary>What the datacenter routes; null while that is not known.</summary>
    public IngressOffer? Ingress { get; init; }

    /// <summary>Why nothing may be promised now, whatever is asked for; null when something may.</summary>
    public QuoteRefusal? Refusal { get; init; }
}
