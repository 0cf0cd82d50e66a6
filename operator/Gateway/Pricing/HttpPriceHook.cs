using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Pricing;
using Federation.Gateway.Wire;

namespace Federation.Gateway.Pricing;

/// <summary>
/// Asks the administrator's hook by HTTP: one POST, one answer, within its time. The address is the administrator's, so it may
/// be anywhere; it alone is asked, and nobody that it points to.
/// </summary>
public sealed class HttpPriceHook(TimeProvider clock) : IPriceHook, IDisposable
{
    /// <summary>A price book of 64 GPU classes is under 20 KiB.</summary>
    public const int MaxBytes = 64 * 1024;

    // More wait for their turn, within their time: a slow hook is not buried.
    private const int MostAtOnce = 16;

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxConnectionsPerServer = MostAtOnce,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public async Task<PriceHookAnswer> AskAsync(PriceHook hook, RequestTerms request, PriceBook book, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(hook.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var message = Question(hook.Url, request, book);
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK) return No($"It answered {(int)response.StatusCode}, 200 was expected; redirects are not followed.");
            await response.Content.LoadIntoBufferAsync(MaxBytes, either.Token);
            return Read(await response.Content.ReadAsByteArrayAsync(either.Token), book);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return No($"It gave no answer within {hook.Timeout.TotalMilliseconds} ms.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return No($"It could not be asked: {e.Message}");
        }
    }

    public void Dispose() => http.Dispose();

    private static HttpRequestMessage Question(Uri url, RequestTerms request, PriceBook book)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new HookQuestion(request, HookPrices.Of(book)), GatewayJson.Options));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
    }

    private static PriceHookAnswer Read(byte[] body, PriceBook book)
    {
        try
        {
            return JsonSerializer.Deserialize<HookPrices>(body, GatewayJson.Options) is { } prices
                ? new PriceHookAnswer(prices.Over(book), "")
                : No("It answered null, prices were expected.");
        }
        catch (JsonException e)
        {
            return No($"Its answer is no price book: {e.Path ?? "$"}: {e.Message}");
        }
    }

    private static PriceHookAnswer No(string problem) => new(null, problem);
}
