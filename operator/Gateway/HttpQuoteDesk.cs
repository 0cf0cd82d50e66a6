using Federation.Application.Ports;

namespace Federation.Gateway;

/// <summary>How gateways are reached.</summary>
public sealed class QuoteDeskOptions
{
    /// <summary>PEM file of authorities that are trusted beside the system's: of datacenters with certificates of their own.</summary>
    public string AuthorityFile { get; set; } = "";

    /// <summary>Endpoints that are plain http are asked for quotes too. What they answer is signed, but everybody on the way sees what is asked. A wallet signs in by https or on this machine alone, whatever this says.</summary>
    public bool AllowHttp { get; set; }

    public IEnumerable<string> Faults()
    {
        if (AuthorityFile.Length > 0 && !File.Exists(AuthorityFile)) yield return $"Gateways:AuthorityFile: there is no file '{AuthorityFile}'.";
    }
}

/// <summary>Asks datacenters' gateways over HTTP. One connection pool for all; what one says takes no more room than an answer may.</summary>
public sealed class HttpQuoteDesk : IQuoteDesk, IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AmendTimeout = TimeSpan.FromSeconds(10);

    private readonly SocketsHttpHandler handler;
    private readonly bool allowsHttp;
    private readonly TimeProvider clock;
    private readonly LeaderWait? wait;

    /// <param name="leader">How long to go on asking where nobody behind an endpoint leads; null: that is an answer, for who asks again by itself.</param>
    public HttpQuoteDesk(QuoteDeskOptions options, TimeProvider clock, TimeSpan? leader = null)
    {
        this.clock = clock;
        wait = leader is { } patience ? new LeaderWait(patience, clock) : null;
        allowsHttp = options.AllowHttp;
        handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, AllowAutoRedirect = false, MaxConnectionsPerServer = 4, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        if (options.AuthorityFile.Length > 0) handler.SslOptions = new GatewayTrust(options.AuthorityFile).Tls();
    }

    /// <inheritdoc/>
    public Task<DeskAnswer<SignedOffer>> QuoteAsync(string endpoint, PreparedOrder order, CancellationToken cancellation) => AskAsync(endpoint, wait, async client =>
    {
        var answer = await client.QuoteAsync(order.Request, order.Signature, cancellation);
        return new DeskAnswer<SignedOffer>(answer.Offer, answer.Reason, answer.Message);
    });

    /// <inheritdoc/>
    public async Task<DeskAnswer<SignedAmendment>> AmendAsync(string endpoint, PreparedOrder order, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, AmendTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            // That nobody leads is said before there is no time left to say it.
            var leader = wait is { } known && known.Patience > AmendTimeout ? known with { Patience = AmendTimeout } : wait;
            return await AskAsync(endpoint, leader, async client =>
            {
                var answer = await client.AmendAsync(order.Lease, order.Request, order.Signature, limit.Token);
                return new DeskAnswer<SignedAmendment>(answer.Amendment, answer.Reason, answer.Message);
            });
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new DeskAnswer<SignedAmendment>(null, "NoAnswer", $"no answer within {AmendTimeout.TotalSeconds:0} s");
        }
    }

    public void Dispose() => handler.Dispose();

    private async Task<DeskAnswer<T>> AskAsync<T>(string endpoint, LeaderWait? leader, Func<GatewayClient, Task<DeskAnswer<T>>> ask)
        where T : class
    {
        // Anybody may register an endpoint.
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !(allowsHttp && url.Scheme == Uri.UriSchemeHttp)))
            return new DeskAnswer<T>(null, "EndpointNotHttps", $"its endpoint in the registry is '{endpoint}'");
        using var http = new HttpClient(handler, disposeHandler: false) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            return await ask(new GatewayClient(http, leader));
        }
        catch (GatewayException e)
        {
            return new DeskAnswer<T>(null, "NoAnswer", e.Message);
        }
    }
}
