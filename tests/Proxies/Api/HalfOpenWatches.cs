using System.Collections.Concurrent;

namespace Federation.Proxies.Api;

/// <summary>The watches that are open now tell nothing any more and do not end either. New ones are good, as is all else.</summary>
public sealed class HalfOpenWatches : Fault
{
    private readonly ConcurrentDictionary<Exchange, bool> young = new();

    public override Task HandleAsync(Exchange exchange)
    {
        young.TryAdd(exchange, true);
        return exchange.PassAsync();
    }

    public override async Task<bool> LetsPassAsync(Exchange exchange, string line)
    {
        if (!young.ContainsKey(exchange)) await exchange.StallAsync();
        return true;
    }
}
