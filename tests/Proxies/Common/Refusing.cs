namespace Federation.Proxies.Common;

/// <summary>Answers with an HTTP error in the server's place.</summary>
/// <param name="statuses">Used in turn, e.g. 429, 503.</param>
/// <param name="retryAfter">What the answer asks for; null: nothing.</param>
/// <param name="which">The requests that are refused; null: all.</param>
public sealed class Refusing(IReadOnlyList<int> statuses, TimeSpan? retryAfter = null, Func<Exchange, bool>? which = null) : Fault
{
    private int refused;

    public int Refused => refused;

    public override Task HandleAsync(Exchange exchange) => which?.Invoke(exchange) == false
        ? exchange.PassAsync()
        : exchange.AnswerAsync(statuses[(Interlocked.Increment(ref refused) - 1) % statuses.Count], "in trouble", retryAfter, "text/plain");
}
