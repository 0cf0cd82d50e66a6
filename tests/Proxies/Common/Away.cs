namespace Federation.Proxies.Common;

/// <summary>Nobody is there: every connection is broken, those that are open are cut.</summary>
public sealed class Away : Fault
{
    public override Task HandleAsync(Exchange exchange)
    {
        exchange.Cut();
        return Task.CompletedTask;
    }
}
