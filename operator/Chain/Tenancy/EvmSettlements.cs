using System.Collections.Concurrent;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;

namespace Federation.Chain.Tenancy;

/// <summary>The last settlement of a lease and the evidence that one named last, out of the chain's logs, from the newest back.</summary>
public sealed class EvmSettlements(EvmLeaseArchive archive) : ISettlements
{
    // Blocks.
    private const ulong FirstStep = 20_000;
    // Leases; of one that is forgotten all is asked again.
    private const int MostKnown = 1_000;

    private readonly ConcurrentDictionary<LeaseId, ((uint Seq, long Through, BigInteger Claimed) At, SettledProof Proof)> settled = [];

    /// <inheritdoc/>
    public async Task<SettledProof?> ReadSettledAsync(LeaseId lease, ChainLease seen, ulong fromBlock, ulong toBlock, CancellationToken cancellation)
    {
        if (seen.Seq == 0) return null;
        // All logs since the match are a long way on a fast chain: they are read once for each settlement.
        var at = (seen.Seq, seen.Through, seen.Claimed);
        if (settled.TryGetValue(lease, out var known) && known.At == at) return known.Proof;
        var all = await ReadBackAsync(lease, fromBlock, toBlock, cancellation);
        if (all is not [.., var last] || last.Seq != seen.Seq) throw new LedgerException($"The node shows no log of settlement {seen.Seq} of lease {lease}, which the contract has.", isTransient: true);
        var proof = new SettledProof(new SettledUsage(last.Usage, last.Through, last.DownSeconds), ArchivedSettlement.ShownOf(all)?.EvidenceRoot);
        if (settled.Count >= MostKnown) settled.Clear();
        settled[lease] = (at, proof);
        return proof;
    }

    // The last one is near the end, and mostly the last that shows evidence too: on a fast chain the match is a long way back.
    private async Task<IReadOnlyList<ArchivedSettlement>> ReadBackAsync(LeaseId lease, ulong fromBlock, ulong toBlock, CancellationToken cancellation)
    {
        var all = new List<ArchivedSettlement>();
        for (ulong end = toBlock, step = FirstStep; ; step *= 2)
        {
            var start = end < fromBlock + step ? fromBlock : end - step + 1;
            all.InsertRange(0, await archive.ReadSettlementsAsync(lease, start, end, cancellation));
            if (start == fromBlock || ArchivedSettlement.ShownOf(all) is not null) return all;
            end = start - 1;
        }
    }
}
