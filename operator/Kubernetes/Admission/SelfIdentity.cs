using System.Buffers.Text;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Admission;

/// <summary>Who this program is to the API server.</summary>
public static class SelfIdentity
{
    private static readonly ResourceKind SelfSubjectReview = new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false);
    private static readonly ResourceKind TokenReview = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false);

    /// <summary>
    /// Asks as everybody may since 1.28; before, a client certificate says it, a service account's token names its account, and any
    /// other token is reviewed where that is granted.
    /// </summary>
    /// <returns>The user name; null when there is no way to learn it.</returns>
    /// <exception cref="HttpRequestException">The server was not reached.</exception>
    public static async Task<string?> FindAsync(KubernetesClient client, CancellationToken cancellationToken = default)
    {
        if (client.Configuration.Impersonate is { Length: > 0 } other)
        {
            return other;
        }

        if (await client.Discovery.ServesAsync(SelfSubjectReview, cancellationToken))
        {
            return await AskAsync(client, SelfSubjectReview, [], ["status", "userInfo", "username"], cancellationToken);
        }

        var credential = await client.Configuration.Credentials.GetAsync(cancellationToken);
        if (credential.Authorization?.Split(' ') is ["Bearer", var token])
        {
            return ServiceAccount(token) ?? await AskAsync(client, TokenReview, new JsonObject { ["token"] = token }, ["status", "user", "username"], cancellationToken);
        }

        return credential.Certificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    // Read, not verified: whoever could give this program another token could speak as that account anyway. Of other issuers'
    // tokens the server makes user names by rules of its own.
    private static string? ServiceAccount(string token)
    {
        try
        {
            return token.Split('.') is [_, var claims, _]
                && (string?)JsonNode.Parse(Base64Url.DecodeFromChars(claims))?["sub"] is { } subject && subject.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
                ? subject
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async Task<string?> AskAsync(KubernetesClient client, ResourceKind kind, JsonObject spec, string[] path, CancellationToken cancellationToken)
    {
        try
        {
            // Nothing is stored: a review only answers.
            JsonNode? answer = await client.Resource(kind).CreateAsync(new JsonObject { ["spec"] = spec }, cancellationToken: cancellationToken);
            foreach (var name in path)
            {
                answer = answer?[name];
            }

            return (string?)answer is { Length: > 0 } user ? user : null;
        }
        catch (KubernetesException refused) when (refused.IsForbidden || refused.IsNotFound)
        {
            return null;
        }
    }
}
