using System.Collections.Concurrent;

namespace Federation.Proxies.Api;

/// <summary>
/// An API server that lags behind, as one of several can: from <see cref="Freeze"/> on, what was read before is answered as it
/// was then, and watches tell nothing. Writes pass: they reach the state of now.
/// </summary>
public sealed class OldView : Fault
{
    private readonly ConcurrentDictionary<string, (int Status, byte[] Body, string Type)> known = new();
    private volatile bool isFrozen;
    private int answered;

    /// <summary>Reads that were answered from memory.</summary>
    public int Answered => answered;

    public void Freeze() => isFrozen = true;

    public override async Task HandleAsync(Exchange exchange)
    {
        if (exchange.IsWrite || (exchange.IsWatch && !isFrozen)) await exchange.PassAsync();
        else if (exchange.IsWatch) await exchange.StallAsync();
        else if (!isFrozen) await RememberAsync(exchange);
        else if (known.TryGetValue(KeyOf(exchange), out var old)) await TellAsync(exchange, old);
        else await exchange.PassAsync();
    }

    public override async Task<bool> LetsPassAsync(Exchange exchange, string line)
    {
        if (isFrozen) await exchange.StallAsync();
        return true;
    }

    private static string KeyOf(Exchange exchange) => exchange.Path + exchange.Context.Request.QueryString;

    private async Task RememberAsync(Exchange exchange)
    {
        using var answer = await exchange.SendAsync();
        var body = await answer.Content.ReadAsByteArrayAsync(exchange.Context.RequestAborted);
        known[KeyOf(exchange)] = ((int)answer.StatusCode, body, answer.Content.Headers.ContentType?.ToString() ?? "");
        await exchange.PassAsync(answer);
    }

    private Task TellAsync(Exchange exchange, (int Status, byte[] Body, string Type) old)
    {
        Interlocked.Increment(ref answered);
        return exchange.AnswerAsync(old.Status, System.Text.Encoding.UTF8.GetString(old.Body), type: old.Type);
    }
}
