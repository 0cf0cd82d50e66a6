using Federation.Application.Ports;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Watching;

/// <summary>
/// The leases that this process knows to live, and the comparison with the cluster's objects: a live lease without its
/// object, whoever deleted that, gets it back; an ended one does not. Refilled from chain and cluster after a restart.
/// </summary>
internal sealed class KnownLeases(ILeaseLedger ledger, ILeaseStore store, ILogger log)
{
    // A block may hold hundreds of matches: one after the other, each would wait for the writes of all before it.
    private const int AtOnce = 16;

    private readonly Dictionary<LeaseId, MatchedLease> live = [];
    private readonly HashSet<MatchedLease> over = [];
    private readonly Dictionary<LeaseId, LeaseTerms[]> earlier = [];

    /// <summary>Those that are over and still to be paid out.</summary>
    public OwingLeases Owing { get; } = new(ledger);

    /// <summary>Those that the cluster takes no object of.</summary>
    public UnhousedLeases Unhoused { get; } = new(ledger);

    /// <summary>All that may have stake locked.</summary>
    public IEnumerable<MatchedLease> WithStake => live.Values.Concat(Owing.All).DistinctBy(l => l.Id);

    public MatchedLease? Find(LeaseId id) => live.GetValueOrDefault(id);

    /// <summary>Those that live, but for the given ones.</summary>
    public IReadOnlyList<MatchedLease> Without(IEnumerable<LeaseId> ids)
    {
        var seen = ids.ToHashSet();
        return [.. live.Values.Where(l => !seen.Contains(l.Id))];
    }

    /// <summary>One that lives was matched after that block, and not after the last one.</summary>
    public bool HasMatchWithin(ulong after, ulong last) => live.Values.Any(l => l.Block > after && l.Block <= last);

    /// <summary>Learned from an object whose terms the chain confirmed.</summary>
    public void Learn(MatchedLease lease) => live.TryAdd(lease.Id, lease);

    /// <summary>What the log says counts more than what was known.</summary>
    public void Correct(MatchedLease lease) => live[lease.Id] = lease;

    /// <summary>Terms that a reorg may bring back.</summary>
    public IReadOnlyList<LeaseTerms> EarlierOf(LeaseId id, ChainLease confirmed, ChainLease finalized)
    {
        // The same terms may stand in the final block and now, and others that were both signed for in between.
        if (finalized is { State: not LeaseState.None, TermsMatch: true } && finalized.Amendments == confirmed.Amendments) earlier.Remove(id);
        return earlier.GetValueOrDefault(id) ?? [];
    }

    // A tenant may change its spec hash in every block; sizes change with a signature of this operator's alone. The oldest of a size is
    // the one that is final, or nearest to it.
    private void Remember(LeaseId id, LeaseTerms terms)
    {
        var before = earlier.GetValueOrDefault(id) ?? [];
        if (!before.Any(t => t.Resources == terms.Resources)) earlier[id] = [.. before, terms];
    }

    /// <summary>Every matched or known lease has its object afterwards, but for those that failed.</summary>
    /// <param name="news">Of the blocks that were just read.</param>
    /// <returns>The lowest block of one that failed, which the cursor must stay below. One that is refused for good does not hold it up.</returns>
    public async Task<ulong?> EnsureAsync(LeaseNews news, IReadOnlyList<LeaseRecord> records, LedgerHead head, CancellationToken cancellation)
    {
        var there = records.Select(r => r.Id).ToHashSet();
        var latest = news.Matched.Concat(Amended(news)).Where(l => !over.Contains(l)).ToDictionary(l => l.Id);
        var changed = latest.Values.Where(l => there.Contains(l.Id) && Find(l.Id) != l);
        var gone = live.Values.Where(l => !there.Contains(l.Id) && !latest.ContainsKey(l.Id));
        var missing = latest.Values.Where(l => !there.Contains(l.Id)).Concat(gone).ToArray();
        var wanted = changed.Concat(await OnlyLiveAsync(missing, latest, head, cancellation)).ToArray();
        foreach (var lease in wanted)
        {
            Tell(lease, there.Contains(lease.Id));
            if (Find(lease.Id) is { } before && before.Terms != lease.Terms) Remember(lease.Id, before.Terms);
            live[lease.Id] = lease;
        }

        foreach (var old in news.Replaced.Where(r => r.Block > head.Finalized && live.ContainsKey(r.Id))) Remember(old.Id, old.Terms);
        return await WriteAsync(wanted, head, cancellation);
    }

    // After a restart every lease is read again, and those that have their object are no news.
    private void Tell(MatchedLease lease, bool isThere)
    {
        var before = Find(lease.Id);
        if (before is null && isThere) return;
        if (before?.Block != lease.Block) log.LogInformation("Lease {Lease} of {Tenant} was matched in block {Block}.", lease.Id, lease.Terms.Tenant, lease.Block);
        else if (before.Terms != lease.Terms) log.LogInformation("Lease {Lease} was amended.", lease.Id);
    }

    private async Task<ulong?> WriteAsync(MatchedLease[] wanted, LedgerHead head, CancellationToken cancellation)
    {
        ulong? failed = null;
        foreach (var chunk in wanted.Chunk(AtOnce))
        {
            var written = await Task.WhenAll(chunk.Select(l => TryEnsureAsync(l, head, cancellation)));
            foreach (var (lease, _) in chunk.Zip(written).Where(w => !w.Second)) failed = Math.Min(failed ?? ulong.MaxValue, lease.Block);
        }

        return failed;
    }

    // An ended lease cannot be amended, so what is not known to live needs no terms.
    private IEnumerable<MatchedLease> Amended(LeaseNews news) =>
        news.Amended.Where(a => live.ContainsKey(a.Key)).Select(a => live[a.Key] with { Terms = a.Value });

    /// <summary>Blocks up to the cursor are not read again, so what ended in them needs no memory.</summary>
    public void ForgetEnded(ulong cursorBlock) => over.RemoveWhere(l => l.Block <= cursorBlock);

    // One lease that cannot be made (a namespace that hangs in deletion, a refused object) holds up no other one.
    private async Task<bool> TryEnsureAsync(MatchedLease lease, LedgerHead head, CancellationToken cancellation)
    {
        try
        {
            await store.EnsureAsync(lease, cancellation);
            Unhoused.Remove(lease.Id);
            return true;
        }
        catch (ClusterException refused) when (!refused.IsTransient)
        {
            if (Unhoused.Add(lease, head))
                log.LogError("Lease {Lease} of block {Block} is refused by the cluster ({Reason}) and is given back on chain, its deposit refunded, unless that changes in some seconds: {Error}", lease.Id, lease.Block, refused.Reason, refused.Message);
            return true;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("Lease {Lease} of block {Block} could not be written, which is tried again: {Error}", lease.Id, lease.Block, error.Message);
            return false;
        }
    }

    // A close counts when it is final; a match counts when it is confirmed, unless finality has passed it without it.
    private async Task<IReadOnlyList<MatchedLease>> OnlyLiveAsync(MatchedLease[] missing, Dictionary<LeaseId, MatchedLease> latest, LedgerHead head, CancellationToken cancellation)
    {
        if (missing.Length == 0) return [];
        var final = Math.Min(head.Finalized, head.Confirmed);
        var states = await ledger.ReadLeasesAsync([.. missing.Select(l => new LeaseReference(l.Id, l.Terms))], final, cancellation);
        var wanted = new List<MatchedLease>();
        foreach (var (lease, seen) in missing.Zip(states))
        {
            var state = seen.State;
            if (state == LeaseState.Closed) Owing.Add(lease, seen);
            var isOver = state == LeaseState.Closed || (state == LeaseState.None && final >= lease.Block);
            if (isOver) live.Remove(lease.Id);
            if (isOver) earlier.Remove(lease.Id);
            if (isOver) over.Add(lease);
            else if (state != LeaseState.None || latest.ContainsKey(lease.Id)) wanted.Add(lease);
        }

        return wanted;
    }
}
