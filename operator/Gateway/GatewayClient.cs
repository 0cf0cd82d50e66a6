using System.Net.Http.Json;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Gateway.Wire;

namespace Federation.Gateway;

/// <summary>A datacenter's answer to a Request: an Offer, or its reason to refuse.</summary>
/// <param name="Reason">CamelCase, stable; empty when there is an Offer.</param>
public sealed record QuoteAnswer(SignedOffer? Offer, string Reason, string Message);

/// <summary>A tenant's view of one gateway. The client's base address is the gateway's endpoint as the registry has it.</summary>
public sealed class GatewayClient(HttpClient http)
{
    // An Offer is under 2 KiB; whoever sends more is no gateway of ours.
    private const int MaxAnswerBytes = 256 * 1024;

    /// <param name="signature">Of who pays, that it asks, 0x hex; it moves no money.</param>
    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    public async Task<QuoteAnswer> QuoteAsync(RequestTerms request, string signature, CancellationToken cancellation)
    {
        using var content = JsonContent.Create(new QuoteBody(request, signature), options: GatewayJson.Options);
        using var message = new HttpRequestMessage(HttpMethod.Post, Below("v1/quotes")) { Content = content };
        var (status, body) = await ExchangeAsync(message, cancellation);
        if (status == 200) return new QuoteAnswer(Read<SignedOffer>(body), "", "");
        var refusal = Read<Refusal>(body);
        return new QuoteAnswer(null, refusal.Reason, refusal.Message);
    }

    /// <exception cref="GatewayException">No gateway answered there, or it is not ready.</exception>
    public async Task<GatewayInfo> ReadInfoAsync(CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Below("v1/info"));
        var (status, body) = await ExchangeAsync(message, cancellation);
        return status == 200 ? Read<GatewayInfo>(body) : throw new GatewayException($"The gateway at {http.BaseAddress} is not ready: {Read<Refusal>(body).Message}");
    }

    private async Task<(int Status, byte[] Body)> ExchangeAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellation);
            return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new GatewayException($"The gateway at {http.BaseAddress} gave no answer: {e.Message}", e);
        }
    }

    private T Read<T>(byte[] body)
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

/// <summary>A gateway that could not be asked.</summary>
public sealed class GatewayException(string message, Exception? inner = null) : Exception(message, inner);
