using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Holding;

/// <summary>
/// Which leases of holds the newest block has, though no confirmed one does: where confirmations take longer than the grace of
/// holds, the clock would end a hold whose match is on its way.
/// </summary>
internal sealed class YoungLeases(ILeaseLedger ledger)
{
    private volatile Sighting? last;

    /// <summary>One call for each new head, and none where nothing is asked.</summary>
    public async Task<IReadOnlySet<LeaseId>> ReadAsync(IReadOnlyList<LeaseId> asked, LedgerHead head, CancellationToken cancellation)
    {
        if (last is { } same && same.Head == head && asked.All(same.Asked.Contains)) return same.Found;
        if (asked.Count == 0) return new HashSet<LeaseId>();
        try
        {
            var seen = await ledger.ReadLeasesAsync([.. asked.Select(id => new LeaseReference(id, null))], head.Latest, cancellation);
            var found = asked.Where((_, i) => seen[i].State != LeaseState.None).ToHashSet();
            last = new Sighting(head, asked.ToHashSet(), found);
            return found;
        }
        catch (LedgerException)
        {
            // Never too little: what cannot be told stays held.
            return asked.ToHashSet();
        }
    }

    private sealed record Sighting(LedgerHead Head, IReadOnlySet<LeaseId> Asked, IReadOnlySet<LeaseId> Found);
}
