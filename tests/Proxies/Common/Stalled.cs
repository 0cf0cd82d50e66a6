namespace Federation.Proxies.Common;

/// <summary>Takes requests and never answers.</summary>
public sealed class Stalled : Fault
{
    public override Task HandleAsync(Exchange exchange) => exchange.StallAsync();
}
