using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Watching;

/// <summary>What the chain says of leases that have no object in the cluster.</summary>
internal static class LeaseViews
{
    public static async Task<LeaseView[]> ReadAsync(ILeaseLedger ledger, IReadOnlyList<MatchedLease> leases, LedgerHead head, CancellationToken cancellation)
    {
        if (leases.Count == 0) return [];
        var final = Math.Min(head.Finalized, head.Confirmed);
        LeaseReference[] references = [.. leases.Select(l => new LeaseReference(l.Id, l.Terms))];
        var confirmed = await ledger.ReadLeasesAsync(references, head.Confirmed, cancellation);
        var finalized = await ledger.ReadLeasesAsync(references, final, cancellation);
        return [.. leases.Select((l, i) => new LeaseView(l.Id, l.Terms, confirmed[i], finalized[i], l.Block, head.Confirmed, final, head.ConfirmedTime) { FinalizedTime = head.FinalTime })];
    }
}
