using Federation.Application.Telemetry;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics;

/// <summary>
/// Leases that wait for samples at the same time are read together. One that comes alone waits for nobody, and one whose series cannot be
/// read keeps nobody else's back: what fails together is read one by one.
/// </summary>
/// <param name="most">Leases in one read.</param>
/// <param name="fits">Whether a lease may go with those that are to be read already.</param>
internal sealed class UsageBatches(
    int most, Func<IReadOnlyList<UsageAsk>, UsageAsk, bool> fits, Func<IReadOnlyList<UsageAsk>, CancellationToken, Task<IReadOnlyList<UsageSeries>[]>> read, TimeProvider clock)
{
    // While some are read, others gather. Alone as many go at once as the store was asked by before there were batches.
    private const int BatchesAtOnce = 2, LeasesAtOnce = 8;

    // After how long a store that was too slow for many is asked for twice as many again.
    private static readonly TimeSpan SlowFor = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly List<Waiting> queue = [];
    private int running;
    // While the store is too slow for as many as it could be asked for.
    private int? fewer;
    private long slowAt;

    /// <exception cref="PrometheusException">It cannot be read, with others or alone.</exception>
    public Task<IReadOnlyList<UsageSeries>> ReadAsync(UsageAsk ask, CancellationToken cancellation)
    {
        var waiting = new Waiting(ask, cancellation);
        lock (gate)
        {
            queue.Add(waiting);
            if (running < AtOnce)
            {
                running++;
                LeaseScopes.StartApart(() => _ = RunAsync());
            }
        }

        return waiting.Answer.Task.WaitAsync(cancellation);
    }

    private int Limit => fewer ?? most;

    private int AtOnce => Limit == 1 ? LeasesAtOnce : BatchesAtOnce;

    private async Task RunAsync()
    {
        await Task.Yield();
        while (Next() is { Length: > 0 } batch) await AnswerAsync(batch);
    }

    private Waiting[] Next()
    {
        lock (gate)
        {
            queue.RemoveAll(w => w.Cancellation.IsCancellationRequested);
            if (queue.Count == 0 || running > AtOnce)
            {
                running--;
                return [];
            }

            if (fewer is { } few && clock.GetElapsedTime(slowAt) > SlowFor) (fewer, slowAt) = (few * 2 < most ? few * 2 : null, clock.GetTimestamp());
            var (batch, asks) = (new List<Waiting>(), new List<UsageAsk>());
            foreach (var waiting in queue)
            {
                if (batch.Count == Limit) break;
                if (batch.Count > 0 && !fits(asks, waiting.Ask)) continue;
                batch.Add(waiting);
                asks.Add(waiting.Ask);
            }

            foreach (var taken in batch) queue.Remove(taken);
            return [.. batch];
        }
    }

    /// <returns>False when the store did not answer in time.</returns>
    private async Task<bool> AnswerAsync(Waiting[] batch)
    {
        try
        {
            var answers = await ReadAsync(batch);
            foreach (var (waiting, answer) in batch.Zip(answers)) waiting.Answer.TrySetResult(answer);
            return true;
        }
        catch (PrometheusException e) when (e.IsTooLarge && batch.Length > 1)
        {
            var half = batch.Length / 2;
            return await AnswerAsync(batch[..half]) & await AnswerAsync(batch[half..]);
        }
        catch (PrometheusException e) when (batch.Length > 1)
        {
            return await AnswerEachAsync(batch, e);
        }
        catch (Exception e)
        {
            // Each throws it as its own: it is told to whoever waits.
            foreach (var waiting in batch) waiting.Answer.TrySetException(e);
            return e is not PrometheusException { IsTooSlow: true };
        }
    }

    // A store that hangs is not waited for once for each: who is left over then comes again with its next look.
    private async Task<bool> AnswerEachAsync(Waiting[] batch, PrometheusException why)
    {
        if (why.IsTooSlow)
            lock (gate) (fewer, slowAt) = (1, clock.GetTimestamp());
        var isInTime = true;
        foreach (var waiting in batch)
        {
            if (isInTime) isInTime = await AnswerAsync([waiting]);
            else waiting.Answer.TrySetException(why);
        }

        return isInTime;
    }

    private async Task<IReadOnlyList<UsageSeries>[]> ReadAsync(Waiting[] batch)
    {
        using var all = new CancellationTokenSource();
        var left = batch.Length;
        var registrations = batch.Select(w => w.Cancellation.UnsafeRegister(_ => Leave(), null)).ToArray();
        try
        {
            return await read([.. batch.Select(w => w.Ask)], all.Token);
        }
        finally
        {
            foreach (var registration in registrations) await registration.DisposeAsync();
        }

        void Leave()
        {
            if (Interlocked.Decrement(ref left) == 0) all.Cancel();
        }
    }

    private sealed record Waiting(UsageAsk Ask, CancellationToken Cancellation)
    {
        public TaskCompletionSource<IReadOnlyList<UsageSeries>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
