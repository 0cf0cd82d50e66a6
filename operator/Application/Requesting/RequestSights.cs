using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Requesting;

/// <param name="Book">With the terms that the chain has.</param>
/// <param name="Time">Unix seconds of the newest block.</param>
/// <param name="Latest">Its number.</param>
public sealed record SeenPurchases(RequestBook Book, IReadOnlyDictionary<LeaseId, PurchaseSight> Of, long Time, ulong Latest);

/// <summary>Reads all that is to be known of a request's purchases: from the chain at the newest and the final block, from their datacenters.</summary>
public sealed class RequestSights(ILeaseLedger ledger, ILeaseTermsReader terms, IWorkloadDelivery delivery)
{
    /// <param name="isDeleted">Of its datacenters nothing needs to be known.</param>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    internal async Task<SeenPurchases> ReadAsync(RequestRecord record, bool isDeleted, CancellationToken cancellation)
    {
        var head = await ledger.ReadHeadAsync(cancellation);
        Purchase[] purchases = [.. record.Book.Purchases];
        var latest = await ReadAsync(purchases, head.Latest, cancellation);
        var isStale = purchases.Zip(latest, (p, l) => l.State != LeaseState.None && (p.Terms is null || !l.TermsMatch)).ToArray();
        if (isStale.Any(s => s))
        {
            for (var i = 0; i < purchases.Length; i++)
                if (isStale[i]) purchases[i] = purchases[i] with { Terms = await terms.ReadAsync(purchases[i].Id, record.Orders[purchases[i].Id].FromBlock, head.Latest, cancellation) ?? purchases[i].Terms };
            latest = await ReadAsync(purchases, head.Latest, cancellation);
        }

        var final = await ReadAsync(purchases, head.Finalized, cancellation);
        // What is to be closed is closed, whatever its datacenter says or lets wait for.
        var remote = await Task.WhenAll(purchases.Select((p, i) => isDeleted || p.IsLeaving ? Task.FromResult<RemoteSight?>(null) : RemoteAsync(p, latest[i], head.LatestTime, cancellation)));
        var of = purchases.Select((p, i) => (p.Id, Sight: new PurchaseSight(latest[i], final[i], head.LatestTime, head.ConfirmedTime, head.FinalizedTime, remote[i])));
        return new SeenPurchases(record.Book with { Purchases = purchases }, of.ToDictionary(s => s.Id, s => s.Sight), head.LatestTime, head.Latest);
    }

    private Task<IReadOnlyList<ChainLease>> ReadAsync(Purchase[] purchases, ulong block, CancellationToken cancellation) =>
        ledger.ReadLeasesAsync([.. purchases.Select(p => new LeaseReference(p.Id, p.Terms))], block, cancellation);

    private async Task<RemoteSight?> RemoteAsync(Purchase purchase, ChainLease lease, long chainTime, CancellationToken cancellation) =>
        lease.State is LeaseState.Reserved or LeaseState.Active or LeaseState.Closing ? await delivery.ReadAsync(purchase.Place.Provider, purchase.Id, chainTime, cancellation) : null;
}
