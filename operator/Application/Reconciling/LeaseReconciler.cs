using System.Runtime.ExceptionServices;
using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>Gather, decide, apply: one look at one lease.</summary>
public sealed class LeaseReconciler(LeaseGatherer gather, IWorkloadCluster cluster, ILeaseStore store, IntentOutbox outbox, ILogger<LeaseReconciler> log, ReceiptBook? receipts = null)
{
    private readonly StatusPace pace = new();

    /// <param name="isChainAway">The view is what the chain last said: it cannot be read now.</param>
    /// <returns>After how long to look again.</returns>
    public async Task<TimeSpan> ReconcileAsync(LeaseRecord record, LeaseView view, bool isChainAway, CancellationToken cancellation)
    {
        var seen = await gather.ReadAsync(record, view, isChainAway, cancellation);       // every read; one immutable observation
        var decision = LeaseMachine.Decide(seen);                            // pure
        if (decision.Effects.OfType<RemoveNamespace>().Any())
        {
            await cluster.ApplyAsync(new RemoveNamespace(view.Id), cancellation);
            outbox.Forget(view.Id);
            pace.Forget(view.Id);
            gather.Forget(view.Id);
            receipts?.Forget(view.Id);
            log.LogInformation("Lease {Lease} is over: its namespace is being removed.", view.Id);
            return After(decision.NextLookMs);
        }

        // Usage is durable before anything rests on it. What ends a lease rests on none, so a status that cannot be written
        // (whoever made it so) keeps nothing running.
        var writeAt = pace.Earliest(view.Id, record.Status, decision.Status, seen.Images.IsAwaited, seen.NowMs);
        var unwritten = writeAt <= seen.NowMs ? await TryWriteAsync(record, decision.Status, seen.NowMs, cancellation) : null;
        if (!isChainAway) outbox.Put(view.Id, unwritten is null ? receipts?.Agree(view.Id, decision.Receipt, decision.Intents, view.BlockTime) ?? decision.Intents : [.. decision.Intents.OfType<CloseIntent>()], view.ConfirmedBlock);
        foreach (var effect in decision.Effects.Where(e => unwritten is null || e is StopWorkload or SuspendWorkload)) await ApplyAsync(effect, cancellation);
        unwritten?.Throw();
        return After(writeAt > seen.NowMs ? Math.Min(writeAt, decision.NextLookMs) : decision.NextLookMs);

        TimeSpan After(long ms) => TimeSpan.FromMilliseconds(Math.Max(0, ms - seen.NowMs));
    }

    /// <summary>A lease that is over and has no object any more: what is left to do is to have its claims paid when they mature.</summary>
    public void Collect(LeaseView view)
    {
        var isDue = view.Confirmed.TermsMatch && Collection.IsDue(view.Confirmed, view.Terms, view.BlockTime);
        if (Collection.IsOver(view)) outbox.Forget(view.Id);
        else outbox.Put(view.Id, isDue ? [new CollectIntent(view.Id, view.Terms)] : [], view.ConfirmedBlock);
    }

    /// <summary>A lease that the cluster takes no object of: what is left to do is to have its tenant refunded.</summary>
    public void GiveBack(LeaseView view)
    {
        if (view.IsOver) outbox.Forget(view.Id);
        else outbox.Put(view.Id, LeaseMachine.GivingBack(view), view.ConfirmedBlock);
    }

    private async Task<ExceptionDispatchInfo?> TryWriteAsync(LeaseRecord record, LeaseStatus status, long nowMs, CancellationToken cancellation)
    {
        try
        {
            if (await store.WriteStatusAsync(record, status, cancellation)) pace.Note(record.Id, nowMs);
            return null;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            return ExceptionDispatchInfo.Capture(error);
        }
    }

    private async Task ApplyAsync(LeaseEffect effect, CancellationToken cancellation)
    {
        log.LogInformation("{Effect} for lease {Lease}", effect.GetType().Name, effect.Id);
        await cluster.ApplyAsync(effect, cancellation);
    }
}
