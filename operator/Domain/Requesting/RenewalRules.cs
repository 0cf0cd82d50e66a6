using Federation.Domain.Leases;

namespace Federation.Domain.Requesting;

/// <summary>By how much a term is made longer.</summary>
public static class RenewalRules
{
    // A datacenter counts from the block that it takes for confirmed, which is older than the newest one.
    private const long SlackSeconds = 60;

    // Less than that is not worth a transaction.
    private const long LeastParts = 10;

    /// <summary>The term that ends so long from now as a lease of this request lasts.</summary>
    /// <param name="now">Unix seconds by the chain.</param>
    /// <returns>Seconds from activation; null where that adds next to nothing.</returns>
    public static uint? OneTermFromNow(LeaseTerms terms, ChainLease lease, RequestWish wish, long now)
    {
        var seconds = Math.Min(PurchaseMachine.LongestSeconds, now - SlackSeconds - lease.ActivatedAt + wish.DurationSeconds);
        return seconds - terms.DurationSeconds >= Math.Max(1, wish.DurationSeconds / LeastParts) ? (uint)seconds : null;
    }
}
