using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Holding;

/// <summary>
/// Leases that had to be put somewhere without a place of their own stay there for as long as this process remembers: nobody
/// moves them about, and nobody has to look for them again at every drawing.
/// </summary>
internal sealed class KeptPlaces(IReadOnlyDictionary<LeaseId, IReadOnlyList<NodeShare>> places)
{
    // Places that are no good any more stay in the list until it is begun anew.
    private const int MostShares = 2 * HoldLimits.NodesPerHold;

    public static KeptPlaces None { get; } = new(new Dictionary<LeaseId, IReadOnlyList<NodeShare>>());

    public CapacityInput Bind(CapacityInput input) => places.Count == 0
        ? input
        : input with { Leases = [.. input.Leases.Select(l => places.TryGetValue(l.Id, out var where) ? l with { Bound = [.. l.Bound, .. where] } : l)] };

    public KeptPlaces After(CapacityBook book, CapacityInput input)
    {
        if (book.Moved.Count == 0) return this;
        var next = new Dictionary<LeaseId, IReadOnlyList<NodeShare>>();
        foreach (var id in input.Leases.Select(l => l.Id))
        {
            var (before, now) = (places.GetValueOrDefault(id) ?? [], book.Moved.GetValueOrDefault(id) ?? []);
            if (before.Count + now.Count > 0) next[id] = before.Count + now.Count > MostShares ? now : [.. before, .. now];
        }

        return new KeptPlaces(next);
    }
}
