using System.Net;
using System.Net.Http.Json;
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
/// <param name="wait">Null: that nobody leads now is an answer.</param>
public sealed class GatewayClient(HttpClient http, LeaderWait? wait = null)
{
    private readonly GatewayExchange gateway = new(http, wait);

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
        var (status, body) = await gateway.SendAsync(HttpMethod.Get, "v1/info", null, cancellation);
        return status == HttpStatusCode.OK ? gateway.Read<GatewayInfo>(body) : throw new GatewayException($"The gateway at {http.BaseAddress} is not ready: {gateway.Read<Refusal>(body).Message}");
    }

    private async Task<(T? Answer, string Reason, string Message)> AskAsync<T>(string path, RequestTerms request, string signature, CancellationToken cancellation)
        where T : class
    {
        var (status, body) = await gateway.SendAsync(HttpMethod.Post, path, () => JsonContent.Create(new QuoteBody(request, signature), options: GatewayJson.Options), cancellation);
        if (status == HttpStatusCode.OK) return (gateway.Read<T>(body), "", "");
        var refusal = gateway.Read<Refusal>(body);
        return (null, refusal.Reason, refusal.Message);
    }
}

/// <summary>A gateway that could not be asked.</summary>
public sealed class GatewayException(string message, Exception? inner = null) : Exception(message, inner);
