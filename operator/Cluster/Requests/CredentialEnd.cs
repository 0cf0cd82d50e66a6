using System.Buffers.Text;
using System.Text.Json;
using Federation.Kubernetes.Configuration;

namespace Federation.Cluster.Requests;

/// <summary>Until when a credential is good by its own word.</summary>
internal static class CredentialEnd
{
    private const string Bearer = "Bearer ";

    /// <summary>Of a certificate its last moment, of a JSON web token its <c>exp</c> (RFC 7519, section 4.1.4); what names none has none.</summary>
    public static DateTimeOffset Of(Credential credential)
    {
        var certificate = credential.Certificate?.NotAfter.ToUniversalTime() ?? DateTimeOffset.MaxValue;
        var token = credential.Authorization is { } header && header.StartsWith(Bearer, StringComparison.Ordinal) ? OfToken(header[Bearer.Length..]) : DateTimeOffset.MaxValue;
        return certificate < token ? certificate : token;
    }

    private static DateTimeOffset OfToken(string token)
    {
        try
        {
            if (token.Split('.') is not [_, var claims, _]) return DateTimeOffset.MaxValue;
            using var read = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return read.RootElement.ValueKind == JsonValueKind.Object && read.RootElement.TryGetProperty("exp", out var end) && end.TryGetDouble(out var seconds)
                ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
                : DateTimeOffset.MaxValue;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            // Of a kind that says nothing of itself.
            return DateTimeOffset.MaxValue;
        }
    }
}
