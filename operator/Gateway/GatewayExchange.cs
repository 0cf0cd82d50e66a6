using System.Net;
using System.Text.Json;
using Federation.Gateway.Wire;

namespace Federation.Gateway;

/// <summary>
/// One question to a gateway and its answer. Behind an endpoint there may be several replicas, of which one answers: the others say so
/// and close the connection, and are asked again by another one.
/// </summary>
/// <param name="http">Its base address is the gateway's endpoint as the registry has it.</param>
/// <param name="wait">Null: that nobody answers now is an answer.</param>
internal sealed class GatewayExchange(HttpClient http, LeaderWait? wait = null)
{
    // An Offer is under 2 KiB, an amendment under 8; whoever sends more is no gateway of ours.
    private const int MostAnswerBytes = 256 * 1024;

    // Of two replicas the right one is met by then but for once in some sixty thousand questions: each costs a connection, and no more.
    private const int MostTries = 16;

    // After a pause the one that leads by now may be missed again; a gateway counts how often one address asks.
    private const int TriesAfterAPause = 3;

    /// <exception cref="GatewayException">No gateway answered there.</exception>
    public async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellation)
    {
        try
        {
            var since = wait?.Clock.GetTimestamp() ?? 0;
            for (var left = MostTries - 1; ; left--)
            {
                using var message = new HttpRequestMessage(method, Below(path)) { Content = content?.Invoke() };
                using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
                await response.Content.LoadIntoBufferAsync(MostAnswerBytes, cancellation);
                var isElsewhere = response is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.ConnectionClose: true };
                if (isElsewhere && left > 0) continue;
                var isLater = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests;
                if (!isLater || wait?.Next(response.Headers.RetryAfter?.Delta, since) is not { } pause) return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation));
                await Task.Delay(pause, wait.Clock, cancellation);
                left = TriesAfterAPause;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new GatewayException($"The gateway at {http.BaseAddress} gave no answer: {e.Message}", e);
        }
    }

    /// <exception cref="GatewayException">It is not in a gateway's language.</exception>
    public T Read<T>(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, GatewayJson.Options) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new GatewayException($"The answer of {http.BaseAddress} is not a gateway's: {e.Message}", e);
        }
    }

    private Uri Below(string path) => http.BaseAddress is { } address
        ? new Uri(address.AbsoluteUri.TrimEnd('/') + "/" + path)
        : throw new InvalidOperationException("Set the client's base address to the gateway's endpoint.");
}
