using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Watching;

/// <summary>
/// Matched leases whose objects the cluster refuses for good: a namespace that is another's, an object that its admission takes
/// from nobody. They have no object to be looked at by, and are given back while they are only reserved. Found anew after a restart.
/// </summary>
internal sealed class UnhousedLeases(ILeaseLedger ledger)
{
    // Chain seconds: rights that were taken by an administrator's slip and given back refund nobody. Shorter than any time to activate.
    private const long PatienceSeconds = 15;

    private readonly Dictionary<LeaseId, (MatchedLease Lease, long Since)> leases = [];

    /// <returns>False when that was known.</returns>
    public bool Add(MatchedLease lease, LedgerHead head) => leases.TryAdd(lease.Id, (lease, head.ConfirmedTime));

    /// <summary>The cluster took it after all.</summary>
    public void Remove(LeaseId id) => leases.Remove(id);

    /// <summary>Those that are to be given back. One whose end is final is told of once more, and then forgotten.</summary>
    public async Task<IReadOnlyList<LeaseView>> ReadAsync(LedgerHead head, CancellationToken cancellation)
    {
        MatchedLease[] due = [.. leases.Values.Where(l => head.ConfirmedTime >= Math.Min(l.Since + PatienceSeconds, l.Lease.Terms.ActivateBy - PatienceSeconds)).Select(l => l.Lease)];
        var views = await LeaseViews.ReadAsync(ledger, due, head, cancellation);
        foreach (var view in views.Where(v => v.IsOver)) leases.Remove(view.Id);
        return views;
    }
}
