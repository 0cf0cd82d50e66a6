using System.Collections.Concurrent;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Holding;

/// <summary>
/// Places that leases were found beyond what was held for them. One is the lease's only once nobody can have been promised it by
/// a drawing that did not know of it: so it is claimed, and looked for again when those drawings are over.
/// </summary>
/// <param name="wait">After which no drawing of before is in use any more.</param>
internal sealed class PlaceClaims(TimeSpan wait)
{
    private readonly ConcurrentDictionary<LeaseId, Claim> claims = [];

    /// <returns>What may be made now; null while the claim is too young.</returns>
    public WorkloadPlace? Tell(LeaseId id, WorkloadPlace found, TimeProvider clock)
    {
        if (!found.Placement.Fits)
        {
            Forget(id);
            return found;
        }

        if (!claims.TryGetValue(id, out var claim))
        {
            if (found.IsWithin) return found;
        }
        else if (found.IsWithin || NodeShare.Same(claim.Shares, found.Shares))
        {
            // Claimed is not written down.
            return clock.GetElapsedTime(claim.At) < wait ? null : found with { IsWithin = false };
        }

        claims[id] = new Claim(found.Shares, clock.GetTimestamp());
        return null;
    }

    /// <param name="reserved">What is written down: a claim that is needs no memory.</param>
    public IReadOnlyList<NodeShare> Of(LeaseId id, IReadOnlyList<NodeShare>? reserved)
    {
        if (!claims.TryGetValue(id, out var claim)) return [];
        if (reserved is null || !NodeShare.Same(reserved, claim.Shares)) return claim.Shares;
        Forget(id);
        return [];
    }

    public void Forget(LeaseId id) => claims.TryRemove(id, out _);

    private sealed record Claim(IReadOnlyList<NodeShare> Shares, long At);
}
