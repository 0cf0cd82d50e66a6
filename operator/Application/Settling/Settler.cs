using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Settling;

/// <summary>Takes what is due from the outbox, sends it, and reports back. One at a time: there is one key.</summary>
public sealed class Settler(IntentOutbox outbox, ILeaseTransactions transactions, ILogger<Settler> log)
{
    private const int MostPerPass = 400;

    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        while (true)
        {
            await outbox.WaitAsync(interval, cancellation);
            await PassAsync(cancellation);
        }
    }

    public async Task PassAsync(CancellationToken cancellation)
    {
        var due = outbox.Due(MostPerPass);
        if (due.Count == 0) return;
        try
        {
            foreach (var outcome in await transactions.SubmitAsync(due, cancellation)) Take(outcome);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("Sending {Count} intents failed: {Error}", due.Count, error.Message);
            foreach (var intent in due) outbox.Failed(intent, error.Message);
        }
    }

    private void Take(IntentOutcome outcome)
    {
        var kind = outcome.Intent.GetType().Name;
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
