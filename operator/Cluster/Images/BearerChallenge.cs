using System.Net.Http.Headers;

namespace Federation.Cluster.Images;

/// <summary>Where a registry wants a token to come from: <c>WWW-Authenticate: Bearer realm="…",service="…",scope="…"</c>.</summary>
internal sealed record BearerChallenge(Uri Realm, string? Service)
{
    /// <returns>Null when the registry asks for no token, or its challenge cannot be read.</returns>
    public static BearerChallenge? Find(HttpHeaderValueCollection<AuthenticationHeaderValue> challenges)
    {
        var bearer = challenges.FirstOrDefault(c => c.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase));
        if (bearer?.Parameter is not { } text) return null;
        var parameters = Parameters(text);
        return Uri.TryCreate(parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) && realm is { Scheme: "http" or "https", UserInfo: "" }
            ? new BearerChallenge(realm, parameters.GetValueOrDefault("service"))
            : null;
    }

    /// <summary>The token for pulling one repository; the registry's own idea of the scope is not asked for.</summary>
    public Uri UrlFor(string repository)
    {
        var query = $"scope={Uri.EscapeDataString($"repository:{repository}:pull")}" + (Service is null ? "" : $"&service={Uri.EscapeDataString(Service)}");
        return new UriBuilder(Realm) { Query = Realm.Query.Length > 1 ? $"{Realm.Query[1..]}&{query}" : query }.Uri;
    }

    // auth-param of RFC 9110: a token, or a quoted text in which a backslash takes the next character as it is.
    private static Dictionary<string, string> Parameters(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var at = 0; at < text.Length;)
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0) break;
            var name = text[at..equals].Trim(' ', '\t', ',');
            found.TryAdd(name, equals + 1 < text.Length && text[equals + 1] == '"' ? Quoted(text, equals + 2, out at) : Plain(text, equals + 1, out at));
        }

        return found;
    }

    private static string Quoted(string text, int from, out int next)
    {
        var value = new System.Text.StringBuilder();
        for (next = from; next < text.Length && text[next] != '"'; next++)
        {
            if (text[next] == '\\' && next + 1 < text.Length) next++;
            value.Append(text[next]);
        }

        next++;
        return value.ToString();
    }

    private static string Plain(string text, int from, out int next)
    {
        next = text.IndexOf(',', from) is var comma && comma < 0 ? text.Length : comma;
        return text[from..next].Trim();
    }
}
