using System.Globalization;
using Federation.Application.Access;
using Federation.Gateway.Access;

namespace Federation.Gateway.Wire;

/// <summary>What a message to sign in with has to say.</summary>
/// <param name="ExpiresAt">Of the nonce, RFC 3339.</param>
internal sealed record NonceBody(string Nonce, string Domain, string Uri, ulong ChainId, string ExpiresAt)
{
    public static NonceBody Of(SignInTerms terms) => new(terms.Nonce, terms.Domain, terms.Uri, terms.ChainId, LoginAnswer.Time(terms.Ends));
}

/// <param name="Message">As it was signed.</param>
/// <param name="Signature">0x hex.</param>
internal sealed record LoginBody(string Message, string Signature)
{
    public static InputFault? Check(LoginBody body) => body.Message.Length == 0 ? new InputFault("$.message", "is empty: the text that was signed") : null;
}

/// <summary>A credential, and what it opens.</summary>
/// <param name="Server">What a kubeconfig names as its cluster's server.</param>
/// <param name="Namespaces">Of the leases that are the tenant's now, the first hundred.</param>
/// <param name="Credential">What a kubeconfig's exec plugin prints.</param>
internal sealed record LoginAnswer(string Token, string ExpiresAt, string Address, string Server, IReadOnlyList<string> Namespaces, LoginAnswer.ExecCredential Credential)
{
    private const int MostNamed = 100;

    public static LoginAnswer Of(SignedIn tenant, string token) => new(
        token, Time(tenant.Ends), tenant.Address, tenant.Endpoint + AccessPath.Prefix, [.. tenant.Namespaces.Take(MostNamed)],
        new ExecCredential("client.authentication.k8s.io/v1", "ExecCredential", new ExecStatus(token, Time(tenant.Ends))));

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    internal sealed record ExecCredential(string ApiVersion, string Kind, ExecStatus Status);

    internal sealed record ExecStatus(string Token, string ExpirationTimestamp);
}
