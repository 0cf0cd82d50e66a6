using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Domain.Placement;

namespace Federation.Application.Bidding;

/// <summary>Frees what was held for bids that lost: awarded to others, pushed out, or withdrawn by their tenant.</summary>
public sealed class BidHolds(CapacityReader capacities, IHoldStore holds, IPostLedger ledger)
{
    /// <summary>The holds of bids that may still become a lease; those that cannot are given back first.</summary>
    /// <param name="head">Of a picture of the leases that is in use: what was awarded until its confirmed block is counted.</param>
    public async Task<IReadOnlyList<Hold>> ReadOpenAsync(LedgerHead head, string provider, CancellationToken cancellation)
    {
        // Most datacenters hold nothing for bids most of the time, and need not draw their capacity to know.
        if (!(await holds.ReadAsync(fresh: false, cancellation)).Holds.Any(h => h.IsBid)) return [];
        // What is remembered of them will do: over newer ones nothing is written.
        if (await capacities.ReadAsync(fresh: false, cancellation) is not { } view) return [];
        Hold[] bids = [.. view.Open.Where(h => h.IsBid)];
        if (bids.Length == 0) return [];
        var states = await ledger.ReadStatesAsync([.. bids.Select(h => h.Request)], head.Confirmed, cancellation);
        var over = bids.Where((_, i) => BidRules.IsOver(states[i], provider, head.ConfirmedTime)).Select(h => h.Id).ToHashSet(StringComparer.Ordinal);
        // Written over by a quote in between, it is dropped in the next pass.
        if (over.Count > 0) await holds.TryWriteAsync(view.Stored, [.. view.Kept.Where(h => !over.Contains(h.Id))], cancellation);
        return [.. bids.Where(h => !over.Contains(h.Id))];
    }
}
