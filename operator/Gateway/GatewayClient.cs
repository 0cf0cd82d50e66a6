using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Gateway.Wire;

namespace Federation.Gateway;

/// <summary>A datacenter's answer to a Request: an Offer, or its reason to refuse.</summary>
/// <param name="Reason">CamelCase, stable; empty when there is an Offer.</param>
public sealed record QuoteAnswer(SignedOffer? Offer, string Reason, string Message);

/// <summary>A datacenter's answer to who wants a lease amended: the signed amendment, or its reason to refuse.</summary>
/// <param name="Reason">CamelCase, stable; empty when there is one.</param>
public sealed record AmendmentAnswer(SignedAmendment? Amendment, string Reason, string Message);

/// <summary>
/// A tenant's view of one gateway. The client's base address is the gateway's endpoint as the registry has it; behind it may be several
/// replicas, of which one answers: the others say so and close the connection, and are asked again by another one.
/// </summary>
public sealed class GatewayClient(HttpClient http)
{
    // An Offer is under 2 KiB, an amendment under 8; whoever sends more is no gateway of ours.
    private const int MaxAnswerBytes = 256 * 1024;

    // Of two replicas, sixty-three times out of sixty-four the right one is met by then.
    private const int MostTries = 6;

    /// <param name="signature">Of who pays, that it asks, 0x hex; it moves no money.</param>
    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    public async Task<QuoteAnswer> QuoteAsync(RequestTerms request, string signature, CancellationToken cancellation)
    {
        var (offer, reason, problem) = await AskAsync<SignedOffer>("v1/quotes", request, signature, cancellation);
        return new QuoteAnswer(offer, reason, problem);
    }

    /// <summary>Asks for a running lease to become what the Request says.</summary>
    /// <param name="signature">Of who pays, over the lease and the Request, 0x hex; it moves no money.</param>
    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    public async Task<AmendmentAnswer> AmendAsync(LeaseId lease, RequestTerms request, string signature, CancellationToken cancellation)
    {
        var (amendment, reason, problem) = await AskAsync<SignedAmendment>($"v1/leases/{lease}/amendments", request, signature, cancellation);
        return new AmendmentAnswer(amendment, reason, problem);
    }

    /// <exception cref="GatewayException">No gateway answered there, or it is not ready.</exception>
    public async Task<GatewayInfo> ReadInfoAsync(CancellationToken cancellation)
    {
        var (status, body) = await ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Get, Below("v1/info")), cancellation);
        return status == 200 ? Read<GatewayInfo>(body) : throw new GatewayException($"The gateway at {http.BaseAddress} is not ready: {Read<Refusal>(body).Message}");
    }

    private async Task<(T? Answer, string Reason, string Message)> AskAsync<T>(string path, RequestTerms request, string signature, CancellationToken cancellation)
        where T : class
    {
        var (status, body) = await ExchangeAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Below(path)) { Content = JsonContent.Create(new QuoteBody(request, signature), options: GatewayJson.Options) }, cancellation);
        if (status == 200) return (Read<T>(body), "", "");
        var refusal = Read<Refusal>(body);
        return (null, refusal.Reason, refusal.Message);
    }

    private async Task<(int Status, byte[] Body)> ExchangeAsync(Func<HttpRequestMessage> ask, CancellationToken cancellation)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                using var message = ask();
                using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellation);
                var isElsewhere = response is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.ConnectionClose: true };
                if (!isElsewhere || tries == MostTries) return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation));
            }
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
