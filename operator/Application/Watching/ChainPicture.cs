using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Watching;

/// <summary>What the chain says of every lease of this datacenter after one poll.</summary>
/// <param name="Views">Of the leases that have an object in the cluster.</param>
/// <param name="Owing">Of those that are over and have none any more, and whose pay is worth a look now.</param>
public sealed record ChainPicture(LedgerHead Head, IReadOnlyDictionary<LeaseId, LeaseView> Views, IReadOnlyList<LeaseView> Owing)
{
    /// <summary>Leases that live on chain and have no object now: not written yet, or deleted by somebody. They are owed like the others.</summary>
    public IReadOnlyList<MatchedLease> Unwritten { get; init; } = [];

    /// <summary>Of the unwritten those that the cluster will never take, and just ended ones of them.</summary>
    public IReadOnlyList<LeaseView> Unhoused { get; init; } = [];

    /// <summary>The views as of the block in which one of them last changed: the same object until another one does.</summary>
    public IReadOnlyDictionary<LeaseId, LeaseView> Changed => Views is LaterViews later ? later.Changed : Views;

    /// <summary>The same leases, which nothing has happened to since, at a later head.</summary>
    internal ChainPicture At(LedgerHead head) => this with { Head = head, Views = new LaterViews(Changed, head) };
}
