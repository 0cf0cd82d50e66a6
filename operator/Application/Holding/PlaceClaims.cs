using System.Collections.Concurrent;
using Federation.Application.Ports;
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
    // To find that pods do not go together takes a search, and who waits for a place is looked at every second. Where nothing that
    // runs or could run has changed, only a promise that ended can have made room: that is looked for ever more seldom.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<LeaseId, Claim> claims = [];
    private readonly ConcurrentDictionary<LeaseId, Refusal> refusals = [];
    private long changes;

    /// <summary>How often one was made or given up: what was drawn at the same number knows of them all.</summary>
    public long Changes => Interlocked.Read(ref changes);

    /// <summary>What was said a moment ago of the same wish; null when it is to be looked for.</summary>
    public WorkloadPlace? Refused(LeaseId id, PlaceWish wish, ClusterCapacity capacity, TimeProvider clock) =>
        refusals.TryGetValue(id, out var last) && last.Answers(wish) && clock.GetElapsedTime(last.At) < (last.IsOf(capacity) ? last.Rest : Rest) ? last.Found : null;

    /// <summary>There is no place for it.</summary>
    public void Refuse(LeaseId id, PlaceWish wish, WorkloadPlace found, ClusterCapacity capacity, TimeProvider clock)
    {
        var rest = refusals.TryGetValue(id, out var last) && last.Answers(wish) && last.IsOf(capacity) ? last.Rest * 2 : Rest;
        refusals[id] = new Refusal(wish, found, capacity, rest < LongestRest ? rest : LongestRest, clock.GetTimestamp());
    }

    /// <param name="isNew">It is claimed from now on: what was drawn before does not know of it.</param>
    /// <returns>What may be made now; null while the claim is too young.</returns>
    public WorkloadPlace? Tell(LeaseId id, WorkloadPlace found, TimeProvider clock, out bool isNew)
    {
        isNew = false;
        if (!found.Placement.Fits)
        {
            Drop(id);
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

        (claims[id], isNew) = (new Claim(found.Shares, clock.GetTimestamp()), true);
        Interlocked.Increment(ref changes);
        return null;
    }

    public IReadOnlyList<NodeShare> Of(LeaseId id) => claims.TryGetValue(id, out var claim) ? claim.Shares : [];

    public void Forget(LeaseId id)
    {
        Drop(id);
        refusals.TryRemove(id, out _);
    }

    private void Drop(LeaseId id)
    {
        if (claims.TryRemove(id, out _)) Interlocked.Increment(ref changes);
    }

    private sealed record Refusal(PlaceWish Wish, WorkloadPlace Found, ClusterCapacity Capacity, TimeSpan Rest, long At)
    {
        public bool IsOf(ClusterCapacity now) => ReferenceEquals(Capacity.Nodes, now.Nodes) && ReferenceEquals(Capacity.Uses, now.Uses);

        public bool Answers(PlaceWish wish) => wish.Instead == Wish.Instead && wish.Pods.SequenceEqual(Wish.Pods);
    }

    private sealed record Claim(IReadOnlyList<NodeShare> Shares, long At);
}
