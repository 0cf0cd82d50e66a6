using System.Threading.Channels;
using Federation.Application.Ports;
using Federation.Application.Telemetry;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>
/// Poll the chain, look at what is due, again. Wake-ups from the cluster shorten the wait; losing one costs only time, for
/// every lease has a next look.
/// </summary>
/// <param name="heads">New blocks shorten the wait for the next poll too; null: nobody tells of them.</param>
public sealed class OperatorLoop(
    ChainWatcher watcher,
    ILeaseStore store,
    LeaseReconciler reconciler,
    LeaseAgenda agenda,
    OperatorHealth health,
    LoopOptions options,
    TimeProvider clock,
    ILogger<OperatorLoop> log,
    ILedgerNodes? nodes = null,
    IHeadHints? heads = null) : IDisposable
{
    // Of blocks that come faster, not each is read: by so much the poll interval is shortened at most.
    private const int MostPolls = 20;

    // Longer than any chain waits for its next block in good days.
    private static readonly TimeSpan StandsStill = TimeSpan.FromMinutes(5);

    // Timers may fire a moment early.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(10);

    private readonly Channel<LeaseId> wakeUps = Channel.CreateBounded<LeaseId>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite });
    // Rung by all that may be due before the loop would look by itself.
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim workers = new(options.Workers);
    private ChainPicture? picture;
    private (LedgerHead? Head, long Since) moved;
    private (IReadOnlyList<LeaseRecord>? List, IReadOnlyDictionary<LeaseId, LeaseView>? Views, Dictionary<LeaseId, LeaseRecord>? Records) index;
    private Task<bool>? rung;
    private volatile bool hasNewBlock;
    private bool hasSeenAll;
    private bool isAway;

    /// <summary>Something of the lease changed in the cluster.</summary>
    public void Wake(LeaseId id)
    {
        wakeUps.Writer.TryWrite(id);
        Ring();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        var listening = ListenAsync(cancellation);
        try
        {
            while (true) await TurnAsync(cancellation);
        }
        finally
        {
            await listening;
        }
    }

    /// <summary>Takes the wake-ups, reads the chain when that is due, and starts a look at every lease that is due. Does not wait for the looks.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        while (wakeUps.Reader.TryRead(out var id)) agenda.Notice(id);
        await PollChainAsync(cancellation);
        await LookAsync(cancellation);
    }

    public void Dispose() => workers.Dispose();

    private async Task TurnAsync(CancellationToken cancellation)
    {
        try
        {
            await PassAsync(cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(error, "A pass over the leases failed; the next one follows.");
        }

        await WaitAsync(cancellation);
    }

    private async Task PollChainAsync(CancellationToken cancellation)
    {
        if (!health.IsPollDue(PollInterval)) return;
        hasNewBlock = false;
        try
        {
            var next = await watcher.PollAsync(cancellation);
            // What had to wait while the chain was away waits no longer.
            var wasAway = health.ChainError is not null;
            if (wasAway || !ReferenceEquals(next.Changed, picture?.Changed))
                foreach (var view in next.Views.Values.Where(v => wasAway || HasMoved(picture, v))) agenda.Wake(view.Id);
            foreach (var view in next.Owing) reconciler.Collect(view);
            foreach (var view in next.Unhoused) reconciler.GiveBack(view);
            (picture, isAway) = (next, false);
            health.ChainSeen(next);
            LeaveIfStill(next.Head);
        }
        catch (LedgerException error)
        {
            // Never delete on doubt: the last picture stands, but nothing is begun or ended on a stale one.
            isAway = true;
            health.ChainFailed(error.Message);
            log.LogWarning("The chain cannot be read: {Error}", error.Message);
            nodes?.TryNext(error.Message);
        }
    }

    // A node whose own view of the chain has stopped answers as well as ever.
    private void LeaveIfStill(LedgerHead head)
    {
        var isStill = moved.Head == head && clock.GetElapsedTime(moved.Since) >= StandsStill;
        if (moved.Head == head && !isStill) return;
        if (isStill) nodes?.TryNext($"its latest block has been {head.Latest} for {StandsStill.TotalMinutes:0} minutes.");
        moved = (head, clock.GetTimestamp());
    }

    private static bool HasMoved(ChainPicture? before, LeaseView view) =>
        before is null || !before.Views.TryGetValue(view.Id, out var old)
        || old.Confirmed != view.Confirmed || old.Finalized != view.Finalized || old.Terms != view.Terms;

    private async Task LookAsync(CancellationToken cancellation)
    {
        if (picture is null && isAway) await EndureAsync(cancellation);
        if (picture is not { } seen || (hasSeenAll && !agenda.HasDue)) return;
        var records = Index(await store.ListAsync(cancellation), seen);
        // Looks run beside the loop: a lease that waits for a slow answer holds up no other one.
        foreach (var id in agenda.TakeDue(records.Keys)) _ = LookAtAsync(records[id], seen.Views[id], isRemembered: false, cancellation);
        // From here on the cluster is known to be what the chain says: what an administrator waits for after an upgrade.
        if (hasSeenAll || !agenda.HasSeen(records.Keys)) return;
        hasSeenAll = true;
        log.LogInformation("All {Count} leases have been compared with the chain in this term.", records.Count);
    }

    // Whoever begins while the chain is away goes on by what it said last, as whoever was there before does.
    private async Task EndureAsync(CancellationToken cancellation)
    {
        var records = new Dictionary<LeaseId, (LeaseRecord Record, LeaseView View)>();
        foreach (var record in await store.ListAsync(cancellation))
            if (record.Terms is { } terms && ChainMemory.Recall(record.Id, terms, record.MatchedBlock, record.Status) is { } view) records[record.Id] = (record, view);
        foreach (var id in agenda.TakeDue(records.Keys)) _ = LookAtAsync(records[id].Record, records[id].View, isRemembered: true, cancellation);
    }

    // Both stay the same objects until there is something new.
    private Dictionary<LeaseId, LeaseRecord> Index(IReadOnlyList<LeaseRecord> list, ChainPicture seen)
    {
        if (ReferenceEquals(index.List, list) && ReferenceEquals(index.Views, seen.Changed)) return index.Records!;
        var records = list.Where(r => seen.Changed.ContainsKey(r.Id)).ToDictionary(r => r.Id);
        index = (list, seen.Changed, records);
        return records;
    }

    private async Task LookAtAsync(LeaseRecord record, LeaseView view, bool isRemembered, CancellationToken cancellation)
    {
        using var scope = log.BeginLease(view.Id);
        try
        {
            await workers.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // The term ended before its turn came.
            agenda.Failed(view.Id);
            return;
        }

        using var span = Spans.Start("lease.pass", view.Id);
        TimeSpan next;
        try
        {
            next = agenda.Done(view.Id, await reconciler.ReconcileAsync(record, view, isRemembered || health.ChainError is not null, cancellation), isCompared: !isRemembered);
        }
        catch (Exception error)
        {
            span?.Failed(error.Message);
            if (!cancellation.IsCancellationRequested) log.LogWarning("Lease {Lease}: {Error}", view.Id, error.Message);
            log.LogDebug(error, "Lease {Lease}", view.Id);
            next = agenda.Failed(view.Id);
        }

        workers.Release();
        // Others are due when the chain is read next, at the latest.
        if (next < options.PollInterval || !hasSeenAll) Ring();
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        if (heads is null) return;
        try
        {
            await foreach (var _ in heads.ReadAsync(cancellation))
            {
                hasNewBlock = true;
                Ring();
            }
        }
        catch (OperationCanceledException)
        {
            // The term ended.
        }
    }

    // Until something is due or rings. A timer that fires for nothing costs an operator at rest as much as one that has work.
    private async Task WaitAsync(CancellationToken cancellation)
    {
        var poll = health.PollPause(PollInterval);
        // Before the chain was read, no look can begin, however due.
        var pause = picture is null ? poll : agenda.Pause(poll);
        rung ??= bell.Reader.WaitToReadAsync(cancellation).AsTask();
        await ((Task)rung).WaitAsync(pause > ShortestWait ? pause : ShortestWait, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        if (!rung.IsCompleted) return;
        bell.Reader.TryRead(out _);
        rung = null;
    }

    private TimeSpan PollInterval => hasNewBlock ? options.PollInterval / MostPolls : options.PollInterval;

    private void Ring() => bell.Writer.TryWrite(true);
}

/// <param name="PollInterval">Between two reads of the chain.</param>
/// <param name="Workers">Leases that are looked at at once.</param>
public sealed record LoopOptions(TimeSpan PollInterval, int Workers);
