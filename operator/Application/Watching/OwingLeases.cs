using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;

namespace Federation.Application.Watching;

/// <summary>
/// Leases that are over, have no object in the cluster any more, and whose claims still mature or whose stake is still
/// locked. What is to be done stands on chain alone: a restart finds the same leases among the matches of all blocks, so
/// nothing of the tenant's has to stay until its provider is paid.
/// </summary>
internal sealed class OwingLeases(ILeaseLedger ledger)
{
    // Between two looks at one whose collect is under way, and at one that waits for somebody else's ruling; chain seconds.
    private const long SoonSeconds = 10;
    private const long DisputeSeconds = 600;

    private readonly Dictionary<LeaseId, (MatchedLease Lease, long NotBefore)> leases = [];

    public IEnumerable<MatchedLease> All => leases.Values.Select(l => l.Lease);

    /// <param name="seen">As it is at a finalized block.</param>
    public void Add(MatchedLease lease, ChainLease seen)
    {
        if (Collection.IsOpen(seen, lease.Terms)) leases.TryAdd(lease.Id, (lease, 0));
    }

    /// <summary>Those that are worth a look now. One that is done for good is told of once more, and then forgotten.</summary>
    public async Task<IReadOnlyList<LeaseView>> ReadAsync(LedgerHead head, CancellationToken cancellation)
    {
        var due = leases.Values.Where(l => l.NotBefore <= head.ConfirmedTime).Select(l => l.Lease).ToArray();
        var views = await LeaseViews.ReadAsync(ledger, due, head, cancellation);
        foreach (var (lease, view) in due.Zip(views))
        {
            if (Collection.IsOver(view)) leases.Remove(lease.Id);
            else leases[lease.Id] = (lease, NextLook(view));
        }

        return views;
    }

    private static long NextLook(LeaseView view)
    {
        var matured = view.Confirmed.Ring.MaturedAt(view.Terms.Parameters.MaturitySeconds);
        if (matured > view.BlockTime) return matured;
        return view.BlockTime + (matured == 0 && view.Confirmed.Frozen > 0 ? DisputeSeconds : SoonSeconds);
    }
}
