using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Polly;
using Polly.Retry;

namespace Federation.Ethereum.JsonRpc;

/// <summary>
/// JSON-RPC over HTTP. Idempotent reads are repeated after transient transport faults; everything else, above all
/// eth_sendRawTransaction, is sent exactly once, because the fault does not tell whether it took effect.
/// </summary>
public sealed class JsonRpcClient : IJsonRpcClient, IDisposable
{
    private readonly HttpClient http;
    private readonly Uri endpoint;
    private readonly JsonRpcOptions options;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline retry;
    private long lastId;

    /// <summary>
    /// Connects lazily. User and password in the URL become a Basic header. Messages name the host only: paths of
    /// hosted nodes contain keys.
    /// </summary>
    public JsonRpcClient(Uri endpoint, JsonRpcOptions? options = null, TimeProvider? time = null, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.Scheme is not ("http" or "https"))
            throw new ArgumentException("the endpoint must be an http or https URL", nameof(endpoint));
        this.options = options ?? new JsonRpcOptions();
        this.time = time ?? TimeProvider.System;
        this.endpoint = new UriBuilder(endpoint) { UserName = "", Password = "" }.Uri;
        // Connections are renewed so that a changed DNS answer is noticed.
        http = new HttpClient(handler ?? new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (endpoint.UserInfo.Length > 0)
        {
            var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(endpoint.UserInfo)));
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }
        retry = BuildRetry();
    }

    /// <inheritdoc/>
    public async Task<T> SendAsync<T>(RpcRequest request, CancellationToken cancellationToken = default)
    {
        var results = await ExchangeAsync([request], cancellationToken);
        return results[0].Get<T>();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RpcResult>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default)
    {
        var results = new List<RpcResult>(requests.Count);
        foreach (var chunk in requests.Chunk(options.MaxBatchSize))
            results.AddRange(await ExchangeAsync(chunk, cancellationToken));
        return results;
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<RpcResult[]> ExchangeAsync(RpcRequest[] requests, CancellationToken cancellationToken)
    {
        if (!requests.All(r => r.IsIdempotentRead))
            return await AttemptAsync(requests, cancellationToken);
        return await retry.ExecuteAsync(async token => await AttemptAsync(requests, token), cancellationToken);
    }

    private async Task<RpcResult[]> AttemptAsync(RpcRequest[] requests, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var firstId = Interlocked.Add(ref lastId, requests.Length) - requests.Length + 1;
        try
        {
            using var content = new ByteArrayContent(RpcWire.Write(requests, firstId));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var message = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = content };
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            await response.Content.LoadIntoBufferAsync(options.MaxResponseBytes, linked.Token);
            var body = await response.Content.ReadAsByteArrayAsync(linked.Token);
            // Some nodes send JSON-RPC errors with HTTP status 4xx or 500: the body counts if it is one.
            if (!response.IsSuccessStatusCode && !RpcWire.LooksLikeAnswer(body))
                throw HttpFault(response);
            return RpcWire.Read(requests, firstId, body);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcTransportException($"{endpoint.Host} did not answer within {options.AttemptTimeout}", e) { IsTransient = true };
        }
        catch (HttpRequestException e)
        {
            var tooLong = e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded;
            throw new RpcTransportException($"cannot talk to {endpoint.Host}: {e.Message}", e) { IsTransient = !tooLong };
        }
        catch (IOException e)
        {
            throw new RpcTransportException($"the connection to {endpoint.Host} broke: {e.Message}", e) { IsTransient = true };
        }
    }

    private RpcTransportException HttpFault(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter;
        return new RpcTransportException($"{endpoint.Host} answered with HTTP status {(int)response.StatusCode}")
        {
            IsTransient = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                || (int)response.StatusCode >= 500,
            RetryAfter = wait?.Delta ?? (wait?.Date - time.GetUtcNow()),
        };
    }

    private ResiliencePipeline BuildRetry()
    {
        if (options.MaxRetries == 0)
            return ResiliencePipeline.Empty;
        var strategy = new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcTransportException>(e => e.IsTransient),
            MaxRetryAttempts = options.MaxRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.BaseDelay,
            MaxDelay = options.MaxDelay,
            DelayGenerator = arguments =>
            {
                var asked = (arguments.Outcome.Exception as RpcTransportException)?.RetryAfter;
                return ValueTask.FromResult(asked < options.MaxDelay && asked > TimeSpan.Zero ? asked : asked is null ? null : (TimeSpan?)options.MaxDelay);
            },
        };
        return new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(strategy).Build();
    }
}
