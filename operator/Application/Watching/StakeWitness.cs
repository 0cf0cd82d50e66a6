using System.Globalization;
using System.Numerics;
using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Watching;

/// <summary>
/// Whether the registry has more stake locked for this provider's leases than the known ones account for: then a match was left
/// out of the logs, however long ago, on a chain without blooms as well. Less is no sign: what has just ended is known for a while.
/// </summary>
/// <param name="token">Looked at though no lease is known that is paid with it; empty: none is.</param>
internal sealed class StakeWitness(ILeaseActivity activity, string token, ILogger log)
{
    // Chain seconds between two looks: as long a lease may go unnoticed.
    private const long Every = 60;

    // Between two searches for what no node tells of: each reads all blocks again.
    private const long Patience = 600;

    private long nextLook = long.MinValue;
    private long nextSearch = long.MinValue;

    /// <returns>What is missing, for people, when all blocks should be read again for it; null when nothing is, or that was no help just now.</returns>
    public async Task<string?> FindMissingAsync(IEnumerable<MatchedLease> known, LedgerHead head, CancellationToken cancellation)
    {
        if (head.ConfirmedTime < nextLook) return null;
        var most = known.GroupBy(l => l.Terms.Token, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(g => g.Key, g => g.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Terms.Parameters.Slice), StringComparer.OrdinalIgnoreCase);
        if (token.Length > 0) most.TryAdd(token, 0);
        foreach (var (paidWith, slices) in most)
        {
            var locked = await activity.ReadSlicedAsync(paidWith, head.Confirmed, cancellation);
            if (locked > slices) return Missing(string.Create(CultureInfo.InvariantCulture, $"the registry has {locked} of this datacenter's stake locked for its leases, and those that the node tells of account for {slices}"), head);
        }

        nextLook = head.ConfirmedTime + Every;
        return null;
    }

    private string? Missing(string what, LedgerHead head)
    {
        if (head.ConfirmedTime >= nextSearch)
        {
            nextSearch = head.ConfirmedTime + Patience;
            return $"The node leaves logs out: {what}. Leases may be missing from what it says; all blocks are read again, by another node where there is one.";
        }

        // What is known goes on: leases that run must not wait for one that nobody can name.
        nextLook = nextSearch;
        log.LogError("No node has told of all leases: {What}. They are searched for again in some minutes; give the operator another node, and see that Chain's start block is not after the first lease.", what);
        return null;
    }
}
