namespace Federation.Proxies.Api;

/// <summary>The versions that watches go on from are too old for the server (410): refused, or told within the stream.</summary>
/// <param name="most">Watches that are told so; the ones after them are opened.</param>
public sealed class ExpiringWatches(bool inStream, int most = int.MaxValue) : Fault
{
    private const string Expired =
        """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}""";

    private int expired;

    public int Expirations => expired;

    public override Task HandleAsync(Exchange exchange)
    {
        if (!exchange.IsWatch || Interlocked.Increment(ref expired) > most) return exchange.PassAsync();
        return inStream ? exchange.AnswerAsync(200, $$"""{"type":"ERROR","object":{{Expired}}}""" + "\n") : exchange.AnswerAsync(410, Expired);
    }
}
