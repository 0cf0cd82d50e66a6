using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Settling;

/// <summary>Takes what is due from the outbox, sends it, and reports back. One at a time: there is one key.</summary>
public sealed class Settler(IntentOutbox outbox, ILeaseTransactions transactions, ILogger<Settler> log)
{
    private const int MostAtOnce = 400;

    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        while (true)
        {
            await outbox.WaitAsync(interval, cancellation);
            await PassAsync(cancellation);
        }
    }

    /// <summary>Sends until nothing is due: each outcome takes its intent out of what is, and what has become urgent meanwhile goes first.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        while (outbox.Due(MostAtOnce) is [var first, ..] due)
        {
            try
            {
                foreach (var outcome in await transactions.SubmitAsync(due, cancellation)) Take(outcome);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                log.LogWarning("Sending {Kind} failed: {Error}", first.GetType().Name, error.Message);
                foreach (var intent in due.Where(i => i.GetType() == first.GetType())) outbox.Failed(intent, error.Message);
            }
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
