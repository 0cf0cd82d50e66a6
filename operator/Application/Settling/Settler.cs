using System.Collections.Concurrent;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Application.Telemetry;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Settling;

/// <summary>
/// Takes what is due from the outbox, sends it, and reports back. Some transactions wait for their blocks at once, so that an
/// activation makes the next block and not the one after; of a lease there is one.
/// </summary>
/// <param name="gas">Null where gas is not weighed against what a settlement brings in.</param>
/// <param name="fence">Null: anything may be sent at any time.</param>
public sealed class Settler(IntentOutbox outbox, ILeaseTransactions transactions, ILogger<Settler> log, Live<SettlementRules>? rules = null, IGasPrice? gas = null, ISendFence? fence = null)
{
    private const int MostTransactions = 4;

    // What comes after a lease's start and end leaves these one place free.
    private const int LastUrgentPriority = 2;

    private readonly Live<SettlementRules> rules = rules ?? SettlementRules.Unweighed;
    private readonly ConcurrentDictionary<LeaseId, bool> underWay = new();
    private readonly List<Task> running = [];

    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            Task? news = null;
            while (true)
            {
                await StartAsync(cancellation);
                news ??= outbox.WaitAsync(interval, cancellation);
                await Task.WhenAny([news, .. running]);
                if (!news.IsCompleted) continue;
                await news;
                news = null;
            }
        }
        finally
        {
            // What was sent is looked for by the next term; a place that is still taken would be lost to it.
            await Task.WhenAll(running);
            running.Clear();
        }
    }

    /// <summary>Sends until nothing is due: each outcome takes its intent out of what is, and what has become urgent meanwhile goes first.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        while (await StartAsync(cancellation)) await Task.WhenAny(running);
        await Task.WhenAll(running);
    }

    /// <returns>Whether a transaction is under way.</returns>
    private async Task<bool> StartAsync(CancellationToken cancellation)
    {
        running.RemoveAll(t => t.IsCompleted);
        while (running.Count < MostTransactions && await NextAsync(cancellation) is { Length: > 0 } due && !cancellation.IsCancellationRequested)
            running.Add(SendAsync(due, cancellation));
        return running.Count > 0;
    }

    // Of the first one's kind, which go into one transaction as far as they fit.
    private async Task<ChainIntent[]> NextAsync(CancellationToken cancellation)
    {
        // What waits for the fence has not failed: it goes as soon as that opens.
        if (fence?.Refusal is not null) return [];
        var all = outbox.Due(isFree: id => !underWay.ContainsKey(id));
        var settlements = all.OfType<SettleIntent>().ToArray();
        var planned = settlements.Length == 0 ? []
            : SettlementPlan.Next(settlements, transactions.MostTogether(settlements[0]), await GasPriceAsync(cancellation), rules.Current);
        ChainIntent[] due = [.. all.Where(i => i is not SettleIntent).Concat(planned).OrderBy(i => i.Priority)];
        if (due.Length == 0 || (due[0].Priority > LastUrgentPriority && running.Count >= MostTransactions - 1)) return [];
        return [.. due.Where(i => i.GetType() == due[0].GetType()).Take(transactions.MostTogether(due[0]))];
    }

    private async Task<BigInteger?> GasPriceAsync(CancellationToken cancellation) =>
        rules.Current.WeighsGas && gas is not null ? await gas.ReadAsync(cancellation) : null;

    private async Task SendAsync(ChainIntent[] due, CancellationToken cancellation)
    {
        foreach (var intent in due) underWay[intent.Id] = true;
        try
        {
            foreach (var outcome in await SubmitAsync(due, cancellation)) Take(outcome);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The term is over.
        }
        catch (Exception error)
        {
            using var scope = log.BeginLeases(due.Select(i => i.Id));
            log.LogWarning("Sending {Kind} failed: {Error}", due[0].GetType().Name, error.Message);
            foreach (var intent in due) outbox.Failed(intent, error.Message);
        }
        finally
        {
            foreach (var intent in due) underWay.TryRemove(intent.Id, out _);
        }
    }

    // What is logged meanwhile is about them all; what came of it, about each.
    private async Task<IReadOnlyList<IntentOutcome>> SubmitAsync(ChainIntent[] due, CancellationToken cancellation)
    {
        using var scope = log.BeginLeases(due.Select(i => i.Id));
        using var span = Spans.Start("intents.submit");
        span?.SetTag("federation.intent", due[0].GetType().Name).About(due.Select(i => i.Id));
        return await transactions.SubmitAsync(due, cancellation);
    }

    private void Take(IntentOutcome outcome)
    {
        using var scope = log.BeginLease(outcome.Intent.Id);
        var kind = outcome.Intent.GetType().Name;
        if (outcome is { IsSignatureRefused: true, Intent: SettleIntent refused }) outbox.RefuseSignature(refused.Receipt);
        if (outcome.Error is { } error)
        {
            log.LogWarning("{Kind} for {Lease} failed: {Error} (transaction {Transaction})", kind, outcome.Intent.Id, error, outcome.TransactionHash ?? "not sent");
            if (outcome.IsRefusedForGood) outbox.Refused(outcome.Intent, error);
            else outbox.Failed(outcome.Intent, error);
            return;
        }

        log.LogInformation("{Kind} for {Lease} is in block {Block} (transaction {Transaction}).", kind, outcome.Intent.Id, outcome.Block, outcome.TransactionHash ?? "of before");
        outbox.Mined(outcome.Intent, outcome.Block, outcome.TransactionHash);
    }
}
