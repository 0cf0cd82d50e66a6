using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Watching;

/// <summary>
/// Reads matched leases and their states. The cursor stands on a finalized block, and everything after it is read again on
/// every poll: so a reorg above finality needs no undoing, and a crash between effect and cursor repeats the effect.
/// </summary>
public sealed class ChainWatcher(ILeaseLedger ledger, ILeaseActivity activity, ILeaseStore store, ICursorStore cursors, WatcherOptions options, TimeProvider clock, ILogger<ChainWatcher> log)
{
    // Cursor writes are kept rare: what is not saved is only read again.
    private const ulong BlocksPerCursorWrite = 1_000;

    private readonly KnownLeases known = new(ledger, store, log);
    private readonly LeaseStates states = new(ledger);
    private readonly FirstSights unmatched = new(clock);
    private readonly StakeWitness stake = new(activity, options.Token, log);
    private ChainCursor? cursor;
    private bool isSameHistory;
    private bool isCompared;
    private Poll? last;

    public async Task<ChainPicture> PollAsync(CancellationToken cancellation)
    {
        var head = await ledger.ReadHeadAsync(cancellation);
        CheckTime(head);
        cursor ??= await LoadCursorAsync(cancellation);
        await CheckHistoryAsync(head, cursor, cancellation);
        var records = await store.ListAsync(cancellation);
        // The same blocks say the same of the same objects: most polls end here, after one round trip.
        if (last is { } same && same.Picture.Head == head && AskTheSame(same.Records, records)) return same.Picture;
        var (news, touched) = await ReadChangesAsync(head, cancellation);
        if (states.Hear(head, touched) && last is { } before && before.StandsFor(news) && AskTheSame(before.Records, records))
            return await GoOnAsync(before, head, records, cancellation);
        // What fails on the way has read some of it already: the next poll must not go on from before that.
        last = null;
        var failed = await known.EnsureAsync(news, records, head, cancellation);
        isCompared = true;
        records = await store.ListAsync(cancellation);
        var views = await ReadViewsAsync(records, head, cancellation);
        await CheckStakeAsync(head, cancellation);
        var picture = new ChainPicture(head, views, await known.Owing.ReadAsync(head, cancellation))
        {
            Unwritten = known.Without(views.Keys), Unhoused = await known.Unhoused.ReadAsync(head, cancellation),
        };
        await AdvanceAsync(head, failed, cancellation);
        last = failed is null && records.All(IsAsKnown) ? new Poll(picture, records, news) : null;
        return picture;
    }

    // A block in which nothing of this datacenter happened, as most are: to go through all leases again would be the most that it costs.
    private async Task<ChainPicture> GoOnAsync(Poll before, LedgerHead head, IReadOnlyList<LeaseRecord> records, CancellationToken cancellation)
    {
        await CheckStakeAsync(head, cancellation);
        var picture = before.Picture.At(head) with { Owing = await known.Owing.ReadAsync(head, cancellation), Unhoused = await known.Unhoused.ReadAsync(head, cancellation) };
        await AdvanceAsync(head, failed: null, cancellation);
        last = before with { Picture = picture, Records = records };
        return picture;
    }

    // By a time that has not come yet, terms would end and what is held for tenants would be free.
    private void CheckTime(LedgerHead head)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(Math.Max(head.LatestTime, head.ConfirmedTime));
        var ahead = time - clock.GetUtcNow();
        if (ahead > ClockRules.Tolerance)
            throw new LedgerException($"The node has a block of {time:u}, {ahead.TotalSeconds:0} s ahead of this machine's clock: one of the two is wrong. Leases keep running; check the time service (NTP) of this machine, then the node.", isTransient: true);
    }

    // Never delete on doubt: a node that lags or sits on a fork is not believed.
    private async Task CheckHistoryAsync(LedgerHead head, ChainCursor cursor, CancellationToken cancellation)
    {
        if (head.Finalized < cursor.Block)
            throw new LedgerException($"The node's finalized block {head.Finalized} is behind block {cursor.Block} that was finalized before: it lags or is on a fork. Leases keep running; nothing is ended until it catches up.", isTransient: true);
        if (head.Finalized == cursor.Block && cursor.BlockHash.Length > 0 && !string.Equals(head.FinalizedHash, cursor.BlockHash, StringComparison.OrdinalIgnoreCase))
            throw new LedgerException($"The node's finalized block {head.Finalized} has hash {head.FinalizedHash}, before it was {cursor.BlockHash}: it is on a fork. Leases keep running; point the operator to another node.", isTransient: true);
        // A fork may have gone on since; once it is known not to be one, the ledger itself sees that what was final stays, at every node.
        if (isSameHistory) return;
        if (cursor.BlockHash.Length > 0) await activity.CheckBlockAsync(cursor.Block, cursor.BlockHash, cancellation);
        isSameHistory = true;
    }

    private async Task<ChainCursor> LoadCursorAsync(CancellationToken cancellation)
    {
        var start = new ChainCursor(options.ChainId, options.LeaseManager, options.StartBlock == 0 ? 0 : options.StartBlock - 1, "");
        var saved = await cursors.LoadAsync(cancellation);
        if (saved is null) return start;
        if (saved.ChainId == options.ChainId && string.Equals(saved.LeaseManager, options.LeaseManager, StringComparison.OrdinalIgnoreCase)) return saved;
        log.LogWarning("The saved cursor is of chain {Chain}, contract {Contract}: reading starts anew at block {Block}.", saved.ChainId, saved.LeaseManager, start.Block + 1);
        return start;
    }

    // The first read of a process goes back to the beginning: an object that was deleted while nobody looked comes back.
    private async Task<LedgerChanges> ReadChangesAsync(LedgerHead head, CancellationToken cancellation)
    {
        var (news, touched) = (isCompared ? cursor!.Block + 1 : options.StartBlock, states.HearFrom(head));
        return Math.Min(news, touched) > head.Confirmed
            ? new LedgerChanges(LeaseNews.None, new HashSet<LeaseId>())
            : await activity.ReadChangesAsync(news, touched, head.Confirmed, cancellation);
    }

    private async Task CheckStakeAsync(LedgerHead head, CancellationToken cancellation)
    {
        if (await stake.FindMissingAsync(known.WithStake, head, cancellation) is not { } missing) return;
        (isCompared, last) = (false, null);
        throw new LedgerException(missing, isTransient: true);
    }

    private async Task AdvanceAsync(LedgerHead head, ulong? failed, CancellationToken cancellation)
    {
        var done = Math.Min(Math.Min(head.Finalized, head.Confirmed), (failed ?? ulong.MaxValue) - 1);
        var hasHash = cursor!.BlockHash.Length > 0;
        if (done < cursor.Block || (done == cursor.Block && hasHash)) return;
        // A match that became final is written down at once: after a restart a fork that lacks it would be taken for a reorg.
        if (hasHash && done < cursor.Block + BlocksPerCursorWrite && !known.HasMatchWithin(cursor.Block, done)) return;
        // Never without a hash; of what lies below a lease that cannot be written none is known, and that is moved later.
        if (done != head.Finalized && done != head.Confirmed) return;
        var next = cursor with { Block = done, BlockHash = done == head.Finalized ? head.FinalizedHash : head.ConfirmedHash };
        try
        {
            await cursors.SaveAsync(next, cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("The cursor could not be saved; blocks after {Block} are read again: {Error}", cursor.Block, error.Message);
            return;
        }

        cursor = next;
        known.ForgetEnded(next.Block);
    }

    private async Task<IReadOnlyDictionary<LeaseId, LeaseView>> ReadViewsAsync(IReadOnlyList<LeaseRecord> records, LedgerHead head, CancellationToken cancellation)
    {
        if (records.Count == 0) return new Dictionary<LeaseId, LeaseView>();
        var final = Math.Min(head.Finalized, head.Confirmed);
        unmatched.KeepOnly(records.Select(r => r.Id));
        var read = await states.ReadAsync(References(records), head, cancellation);
        if (await RepairAsync(records, [.. read.Select(r => r.Confirmed)], head, cancellation)) read = await states.ReadAsync(References(records), head, cancellation);
        return records.Select((r, i) => (r.Id, Terms: TermsOf(r), Block: BlockOf(r, head), read[i].Confirmed, read[i].Finalized))
            .Where(r => r.Terms is not null)
            .Select(r => new LeaseView(r.Id, r.Terms!, r.Confirmed, r.Finalized, r.Block, head.Confirmed, final, head.ConfirmedTime) { Earlier = known.EarlierOf(r.Id, r.Confirmed, r.Finalized), FinalizedTime = head.FinalTime })
            .ToDictionary(v => v.Id);
    }

    private LeaseReference[] References(IReadOnlyList<LeaseRecord> records) => [.. records.Select(r => new LeaseReference(r.Id, TermsOf(r)))];

    // What the log knows nothing of says of itself when it was matched: a block that never comes would keep it for ever.
    private ulong BlockOf(LeaseRecord record, LedgerHead head) => known.Find(record.Id)?.Block
        ?? (record.MatchedBlock <= head.Latest ? record.MatchedBlock : Math.Min(record.MatchedBlock, unmatched.BlockAfter(record.Id, head) ?? ulong.MaxValue));

    private LeaseTerms? TermsOf(LeaseRecord record) => known.Find(record.Id)?.Terms ?? record.Terms;

    // Somebody edited spec.chain or left it unreadable, or a reorg took an amendment away: the log is looked up again and the object set back.
    // True when terms that the chain was asked with were not those of the log.
    private async Task<bool> RepairAsync(IReadOnlyList<LeaseRecord> records, IReadOnlyList<ChainLease> confirmed, LedgerHead head, CancellationToken cancellation)
    {
        var onChain = records.Where((_, i) => confirmed[i].State != LeaseState.None).ToArray();
        var unclear = records.Where((r, i) => confirmed[i].State != LeaseState.None && (!confirmed[i].TermsMatch || TermsOf(r) is null)).Select(r => r.Id).ToHashSet();
        foreach (var record in onChain.Where(r => !unclear.Contains(r.Id))) known.Learn(new MatchedLease(record.Id, TermsOf(record)!, record.MatchedBlock));
        var wereOthers = false;
        if (unclear.Count > 0)
            foreach (var lease in (await ledger.ReadNewsAsync(options.StartBlock, head.Confirmed, cancellation)).Matched)
                if (unclear.Contains(lease.Id)) wereOthers |= Correct(lease);
        foreach (var record in onChain)
            if (known.Find(record.Id) is { } lease && !IsAsKnown(record))
                await SetBackAsync(lease, cancellation);
        return wereOthers;
    }

    private bool Correct(MatchedLease lease)
    {
        var isOther = known.Find(lease.Id)?.Terms != lease.Terms;
        known.Correct(lease);
        return isOther;
    }

    private bool IsAsKnown(LeaseRecord record)
    {
        if (known.Find(record.Id) is not { } lease || (record.Terms, record.MatchedBlock) != (lease.Terms, lease.Block)) return false;
        // They are compared in every block: from now on it is one object.
        if (!ReferenceEquals(record.Terms, lease.Terms)) known.Correct(lease with { Terms = record.Terms! });
        return true;
    }

    private async Task SetBackAsync(MatchedLease lease, CancellationToken cancellation)
    {
        try
        {
            await store.EnsureAsync(lease, cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("spec.chain of lease {Lease} could not be set back, which is tried again: {Error}", lease.Id, error.Message);
        }
    }

    // By what the chain is asked with for an object.
    private static bool AskTheSame(IReadOnlyList<LeaseRecord> before, IReadOnlyList<LeaseRecord> now)
    {
        if (ReferenceEquals(before, now)) return true;
        var known = before.ToDictionary(r => r.Id);
        return now.Count == before.Count && now.All(r => known.TryGetValue(r.Id, out var old) && (old.Terms, old.MatchedBlock) == (r.Terms, r.MatchedBlock));
    }

    /// <summary>One after which nothing was left to do: every object there, and as the chain says.</summary>
    private sealed record Poll(ChainPicture Picture, IReadOnlyList<LeaseRecord> Records, LeaseNews News)
    {
        // The cursor is moved rarely, so the same news are heard in many blocks.
        public bool StandsFor(LeaseNews news) => Picture.Unwritten.Count == 0 && Picture.Unhoused.Count == 0
            && News.Matched.SequenceEqual(news.Matched) && News.Replaced.SequenceEqual(news.Replaced)
            && News.Amended.Count == news.Amended.Count && News.Amended.All(a => news.Amended.TryGetValue(a.Key, out var terms) && terms == a.Value);
    }
}

/// <param name="StartBlock">Where the contract was deployed: nothing is read before it.</param>
public sealed record WatcherOptions(ulong ChainId, string LeaseManager, ulong StartBlock)
{
    /// <summary>What leases of this deployment are paid with; empty where it names nothing.</summary>
    public string Token { get; init; } = "";
}
