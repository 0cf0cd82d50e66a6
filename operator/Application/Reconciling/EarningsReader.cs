using Federation.Application.Ports;
using Federation.Application.Watching;

namespace Federation.Application.Reconciling;

/// <summary>
/// Sums what this provider was paid, finalized block after finalized block: so the sum never falls, whichever leases are still here.
/// The Datacenter's status keeps it over a restart; without it, or for another token, it is summed anew from the contract's first block.
/// </summary>
public sealed class EarningsReader(IEarningsLedger ledger, WatcherOptions chain)
{
    // A long history is read over several passes: the status is not late for it.
    private const ulong MostBlocks = 100_000;

    private Earnings? last;

    /// <param name="head">Of the last picture of the chain.</param>
    /// <exception cref="LedgerException">The logs could not be read; what was known stands.</exception>
    public async Task<Earnings> ReadAsync(DatacenterRecord datacenter, LedgerHead head, CancellationToken cancellation)
    {
        var known = Known(datacenter);
        var to = Math.Min(Math.Min(head.Finalized, head.Confirmed), known.ThroughBlock + MostBlocks);
        if (to <= known.ThroughBlock) return known;
        var earned = await ledger.ReadEarnedAsync(datacenter.Spec.Prices.Token, known.ThroughBlock + 1, to, cancellation);
        return last = known with { Amount = known.Amount + earned, ThroughBlock = to };
    }

    // The status is written less often than this reads.
    private Earnings Known(DatacenterRecord datacenter)
    {
        var source = new EarningsSource(chain.ChainId, chain.LeaseManager.ToLowerInvariant(), datacenter.Spec.Provider.ToLowerInvariant(), datacenter.Spec.Prices.Token.ToLowerInvariant());
        var start = new Earnings(0, source, chain.StartBlock == 0 ? 0 : chain.StartBlock - 1);
        return new[] { last, datacenter.Report?.Earnings }.Where(e => e?.Source == source).MaxBy(e => e!.ThroughBlock) ?? start;
    }
}
