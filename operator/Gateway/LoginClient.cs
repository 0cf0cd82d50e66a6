using System.Globalization;
using System.Net;
using System.Net.Http.Json;
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
/// <param name="wait">Null: that nobody leads now is an answer.</param>
public sealed class LoginClient(HttpClient http, LeaderWait? wait = null)
{
    private readonly GatewayExchange gateway = new(http, wait);

    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    /// <exception cref="GatewayRefusalException">It does not sign anybody in now.</exception>
    public async Task<SignInInvitation> InviteAsync(CancellationToken cancellation)
    {
        var nonce = await AskAsync<NonceBody>(HttpMethod.Get, "v1/login/nonce", null, cancellation);
        return new SignInInvitation(nonce.Nonce, nonce.Domain, nonce.Uri, nonce.ChainId, Time(nonce.ExpiresAt));
    }

    /// <param name="message">EIP-4361.</param>
    /// <param name="signature">0x hex.</param>
    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    /// <exception cref="GatewayRefusalException">It does not let this wallet in, and says why.</exception>
    public async Task<SignInGrant> SignInAsync(string message, string signature, CancellationToken cancellation)
    {
        var answer = await AskAsync<LoginAnswer>(HttpMethod.Post, "v1/login", () => JsonContent.Create(new LoginBody(message, signature), options: GatewayJson.Options), cancellation);
        return new SignInGrant(answer.Token, Time(answer.ExpiresAt), answer.Address, answer.Server, answer.Namespaces);
    }

    private async Task<T> AskAsync<T>(HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellation)
    {
        var (status, body) = await gateway.SendAsync(method, path, content, cancellation);
        if (status == HttpStatusCode.OK) return gateway.Read<T>(body);
        var refusal = gateway.Read<Refusal>(body);
        throw new GatewayRefusalException(refusal.Reason, refusal.Message);
    }

    private DateTimeOffset Time(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        ? time
        : throw new GatewayException($"The answer of {http.BaseAddress} is not a gateway's: '{text}' is no time.");
}

/// <summary>A gateway that answered, and said no.</summary>
/// <param name="reason">CamelCase, stable.</param>
public sealed class GatewayRefusalException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
