namespace Federation.Proxies.Common;

/// <summary>The server does what was asked, and the answer is lost on the way.</summary>
/// <param name="which">The requests whose answers are lost.</param>
public sealed class LosingReplies(Func<Exchange, bool> which) : Fault
{
    private int lost;

    public int Lost => lost;

    public override async Task HandleAsync(Exchange exchange)
    {
        if (!which(exchange))
        {
            await exchange.PassAsync();
            return;
        }

        await exchange.ApplyAsync();
        Interlocked.Increment(ref lost);
        exchange.Cut();
    }
}
