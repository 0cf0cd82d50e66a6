using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;

namespace Federation.Metrics.Prometheus;

/// <summary>One instant query at a time against the HTTP API, bounded in time and size.</summary>
internal sealed class PrometheusClient(HttpClient http, StoreOptions options, TimeProvider clock)
{
    private const int FirstBuffer = 64 * 1024;

    private readonly Uri endpoint = new(options.Url!.AbsoluteUri.TrimEnd('/') + "/api/v1/query");

    /// <param name="atMs">Unix milliseconds that range selectors end at.</param>
    /// <exception cref="PrometheusException">No usable answer; the message says why.</exception>
    public async Task<QueryAnswer> QueryAsync(string query, long atMs, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var request = await BuildAsync(query, atMs, both.Token);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return await ReadAsync(response, both.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new PrometheusException($"Prometheus at {endpoint.Authority} gave no answer within {options.Timeout.TotalSeconds:0.#} s.", isTooSlow: true, inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw new PrometheusException($"Prometheus at {endpoint.Authority} could not be asked: {e.Message}", inner: e);
        }
    }

    // A form in the body: the pattern over many pods would not fit into an address.
    private async Task<HttpRequestMessage> BuildAsync(string query, long atMs, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["query"] = query,
                ["time"] = (atMs / 1000m).ToString("0.000", CultureInfo.InvariantCulture),
                // VictoriaMetrics else answers as of half a minute ago, without the pods of since.
                ["nocache"] = "1",
                ["timeout"] = string.Create(CultureInfo.InvariantCulture, $"{(long)options.Timeout.TotalMilliseconds}ms"),
            }),
        };
        foreach (var (name, value) in options.Headers) request.Headers.TryAddWithoutValidation(name, value);
        if (options.Authorization.Length > 0) request.Headers.TryAddWithoutValidation("Authorization", options.Authorization);
        if (options.BearerTokenFile.Length > 0)
        {
            var token = (await File.ReadAllTextAsync(options.BearerTokenFile, cancellation)).Trim();
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return request;
    }

    // In a buffer that is lent: answers come by the thousand, each too large to be forgotten lightly.
    private async Task<QueryAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > options.MaxResponseBytes) throw TooLarge();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var (buffer, length) = (ArrayPool<byte>.Shared.Rent(FirstBuffer), 0);
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer.AsMemory(length), cancellation)) > 0;)
            {
                length += read;
                if (length > options.MaxResponseBytes) throw TooLarge();
                if (length == buffer.Length) buffer = Grown(buffer);
            }

            return QueryJson.Parse(buffer.AsSpan(0, length), (int)response.StatusCode);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grown(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    private PrometheusException TooLarge() =>
        new($"Prometheus answered with more than {options.MaxResponseBytes} bytes.", isTooLarge: true);
}
