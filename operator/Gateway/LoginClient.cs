using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Federation.Gateway.Wire;

namespace Federation.Gateway;

/// <summary>What a gateway wants a message to sign in with to say.</summary>
/// <param name="Domain">That the message names; who signs compares it with the endpoint that it went to.</param>
public sealed record SignInInvitation(string Nonce, string Domain, string Uri, ulong ChainId, DateTimeOffset Ends);

/// <summary>A credential for the cluster behind a gateway.</summary>
/// <param name="Server">What a kubeconfig names as its cluster's server.</param>
/// <param name="Namespaces">Of the leases that are the wallet's now, the first hundred.</param>
public sealed record SignInGrant(string Token, DateTimeOffset Ends, string Address, string Server, IReadOnlyList<string> Namespaces)
{
    // A record would print the token.
    public override string ToString() => $"sign-in of {Address} until {Ends:u}";
}

/// <summary>A wallet's way to sign in at one gateway. The client's base address is the gateway's endpoint as the registry has it.</summary>
public sealed class LoginClient(HttpClient http)
{
    private const int MostAnswerBytes = 256 * 1024;

    // As with quotes: of two replicas the one that leads is met by then.
    private const int MostTries = 6;

    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    /// <exception cref="GatewayRefusalException">It does not sign anybody in now.</exception>
    public async Task<SignInInvitation> InviteAsync(CancellationToken cancellation)
    {
        var body = await ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Get, Below("v1/login/nonce")), cancellation);
        var nonce = Read<NonceBody>(body);
        return new SignInInvitation(nonce.Nonce, nonce.Domain, nonce.Uri, nonce.ChainId, Time(nonce.ExpiresAt));
    }

    /// <param name="message">EIP-4361.</param>
    /// <param name="signature">0x hex.</param>
    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    /// <exception cref="GatewayRefusalException">It does not let this wallet in, and says why.</exception>
    public async Task<SignInGrant> SignInAsync(string message, string signature, CancellationToken cancellation)
    {
        var body = await ExchangeAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Below("v1/login")) { Content = JsonContent.Create(new LoginBody(message, signature), options: GatewayJson.Options) }, cancellation);
        var answer = Read<LoginAnswer>(body);
        return new SignInGrant(answer.Token, Time(answer.ExpiresAt), answer.Address, answer.Server, answer.Namespaces);
    }

    private async Task<byte[]> ExchangeAsync(Func<HttpRequestMessage> ask, CancellationToken cancellation)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                using var message = ask();
                using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
                await response.Content.LoadIntoBufferAsync(MostAnswerBytes, cancellation);
                var body = await response.Content.ReadAsByteArrayAsync(cancellation);
                if (response.StatusCode == HttpStatusCode.OK) return body;
                if (response is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.ConnectionClose: true } && tries < MostTries) continue;
                var refusal = Read<Refusal>(body);
                throw new GatewayRefusalException(refusal.Reason, refusal.Message);
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

    private DateTimeOffset Time(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        ? time
        : throw new GatewayException($"The answer of {http.BaseAddress} is not a gateway's: '{text}' is no time.");

    private Uri Below(string path) => http.BaseAddress is { } address
        ? new Uri(address.AbsoluteUri.TrimEnd('/') + "/" + path)
        : throw new InvalidOperationException("Set the client's base address to the gateway's endpoint.");
}

/// <summary>A gateway that answered, and said no.</summary>
/// <param name="reason">CamelCase, stable.</param>
public sealed class GatewayRefusalException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
