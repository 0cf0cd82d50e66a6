namespace Federation.Proxies.Common;

/// <summary>
/// The end of a process, as the server sees it: at the k-th of its requests all connections break, right before the server
/// would have heard it or right after it did it, and nothing passes any more.
/// </summary>
/// <param name="k">From 1.</param>
/// <param name="applied">Whether that request is still done.</param>
/// <param name="counts">The requests that count.</param>
/// <param name="died">Called once, when it is over.</param>
public sealed class DyingAt(int k, bool applied, Func<Exchange, bool> counts, Action died) : Fault
{
    private int counted;

    /// <summary>Requests that counted so far.</summary>
    public int Counted => counted;

    public bool IsDead => counted >= k;

    public override async Task HandleAsync(Exchange exchange)
    {
        var number = counts(exchange) ? Interlocked.Increment(ref counted) : 0;
        if (number == 0 && !IsDead || number > 0 && number < k)
        {
            await exchange.PassAsync();
            return;
        }

        if (number == k)
        {
            if (applied) await exchange.ApplyAsync();
            died();
        }

        exchange.Cut();
    }

    public override Task<bool> LetsPassAsync(Exchange exchange, string line)
    {
        if (IsDead) exchange.Cut();
        return Task.FromResult(!IsDead);
    }
}
