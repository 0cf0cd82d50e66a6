using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;

namespace Federation.Application.Watching;

/// <summary>
/// Since when what no log of this chain speaks of was there. A block with a higher number than the head had then proves nothing: a node
/// that is catching up brings old blocks. One whose own time is later, by more than clocks differ, was made after the thing was seen.
/// </summary>
internal sealed class FirstSights(TimeProvider clock)
{
    private readonly Dictionary<LeaseId, (DateTimeOffset At, ulong? Block)> seen = [];

    /// <summary>A block that was made after the lease was first asked for here, always the same; null until there is one.</summary>
    public ulong? BlockAfter(LeaseId id, LedgerHead head)
    {
        if (!seen.TryGetValue(id, out var sight)) sight = (clock.GetUtcNow(), null);
        if (sight.Block is null && DateTimeOffset.FromUnixTimeSeconds(head.LatestTime) > sight.At + ClockRules.Tolerance) sight = sight with { Block = head.Latest };
        seen[id] = sight;
        return sight.Block;
    }

    /// <summary>What is not among these has gone: when it comes back it is new.</summary>
    public void KeepOnly(IEnumerable<LeaseId> ids)
    {
        if (seen.Count == 0) return;
        var there = ids.ToHashSet();
        foreach (var gone in seen.Keys.Where(id => !there.Contains(id)).ToArray()) seen.Remove(gone);
    }
}
