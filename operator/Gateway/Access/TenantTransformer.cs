using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace Federation.Gateway.Access;

/// <summary>
/// Writes the request that the API server gets. Of the tenant's headers it has those that are named here, and no other: whatever
/// names a person, a proxy or a hop is the gateway's to say.
/// </summary>
/// <param name="server">Address of the API server.</param>
/// <param name="path">As it was understood.</param>
/// <param name="user">Whom the operator acts as.</param>
internal sealed class TenantTransformer(Uri server, AccessPath path, string user) : HttpTransformer
{
    /// <summary>The user of what is no namespace's.</summary>
    public const string Anywhere = "federation:tenant";

    /// <summary>Of all who are let in: it may see what the server serves, and ask what it may do. Named, so that what a cluster gives all its service accounts is not given.</summary>
    public const string Group = "federation:tenants";

    private static readonly string[] Passed =
    [
        HeaderNames.Accept, HeaderNames.AcceptEncoding, HeaderNames.UserAgent, HeaderNames.IfNoneMatch,
        HeaderNames.SecWebSocketKey, HeaderNames.SecWebSocketVersion, HeaderNames.SecWebSocketProtocol, "X-Stream-Protocol-Version",
    ];

    /// <summary>Whom the gateway acts as in a namespace: the account that the namespace's binding names.</summary>
    public static string UserIn(string space) => $"system:serviceaccount:{space}:federation-tenant";

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        // The forwarder upgrades by GET alone; whoever reads the cluster's own audit log is to see what was asked.
        proxyRequest.Method = new HttpMethod(httpContext.Request.Method);
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        proxyRequest.RequestUri = new Uri(server.AbsoluteUri.TrimEnd('/') + path.Path + path.Query, in options);
        foreach (var name in Passed)
            if (httpContext.Request.Headers.TryGetValue(name, out var values)) proxyRequest.Headers.TryAddWithoutValidation(name, [.. values]);
        if (proxyRequest.Content is { } content && httpContext.Request.ContentType is { } type) content.Headers.TryAddWithoutValidation(HeaderNames.ContentType, type);
        if (proxyRequest.Content is { } body && httpContext.Request.ContentLength is { } length) body.Headers.ContentLength = length;
        proxyRequest.Headers.TryAddWithoutValidation("Impersonate-User", user);
        proxyRequest.Headers.TryAddWithoutValidation("Impersonate-Group", Group);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var isCopied = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        // A watch begins before there is anything to see.
        if (path is { IsStream: true, IsShell: false } && proxyResponse is not null) await httpContext.Response.Body.FlushAsync(cancellationToken);
        return isCopied;
    }
}
