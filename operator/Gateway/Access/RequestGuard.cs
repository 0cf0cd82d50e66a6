using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Federation.Gateway.Access;

/// <summary>What may not stand in a request at all, whoever sends it.</summary>
internal static class RequestGuard
{
    // Those by which proxies tell an API server who asks, and those that act as somebody else.
    private static readonly string[] Identities = ["Impersonate-", "X-Remote-"];
    private static readonly string[] Hops = ["keep-alive", "close", "upgrade"];
    private static readonly string[] Upgrades = ["SPDY/3.1", "websocket"];

    /// <returns>Null: none of it stands there.</returns>
    public static ClusterRefusal? Check(HttpRequest request, AccessPath path, AccessOptions options)
    {
        foreach (var name in request.Headers.Keys)
            if (Identities.Any(i => name.StartsWith(i, StringComparison.OrdinalIgnoreCase))) return ClusterRefusal.Forbidden($"{name}: you are who has signed in; nobody acts as somebody else here (--as).");
        // A header that is named here would be taken away on the way, perhaps one that says who asks.
        if (request.Headers.Connection.Any(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries).Any(hop => !Hops.Contains(hop, StringComparer.OrdinalIgnoreCase))))
            return Bad("Connection says keep-alive, close or upgrade, and names no header.");
        return CheckUpgrade(request, path) ?? CheckBody(request, path, options);
    }

    private static ClusterRefusal? CheckUpgrade(HttpRequest request, AccessPath path)
    {
        var protocols = request.Headers.Upgrade;
        if (protocols.Count == 0) return null;
        if (!path.IsShell) return Bad("Only exec and port-forward upgrade their connection.");
        if (protocols.Count > 1 || !Upgrades.Contains(protocols[0], StringComparer.OrdinalIgnoreCase)) return Bad($"Upgrade is one of {string.Join(", ", Upgrades)}.");
        // Kubernetes takes tokens by it, which would be another word on who asks.
        return request.Headers.SecWebSocketProtocol.Any(p => p is not null && p.Contains("bearer.authorization", StringComparison.OrdinalIgnoreCase))
            ? Bad("The credential is sent as Authorization: Bearer, and not as a WebSocket protocol.")
            : null;
    }

    // Without a length it would not be known before it is read whether it is too long.
    private static ClusterRefusal? CheckBody(HttpRequest request, AccessPath path, AccessOptions options)
    {
        if (request.Headers.TransferEncoding.Count > 0 || (request.ContentLength is null && !path.IsShell && MayHaveBody(request))) return new ClusterRefusal(411, "LengthRequired", "Send the body with its Content-Length.");
        var most = path.Kind == AccessKind.Review ? ReviewBody.MostBytes : options.MostBodyBytes;
        if (request.ContentLength > most) return new ClusterRefusal(413, "RequestEntityTooLarge", $"The body has {request.ContentLength} bytes, at most {most} are taken.");
        return request.ContentLength > 0 && (path.IsStream || path.Kind == AccessKind.Discovery) ? Bad("This request has no body.") : null;
    }

    // Other versions of HTTP than 1.1 announce a body by nothing.
    private static bool MayHaveBody(HttpRequest request) => request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true;

    private static ClusterRefusal Bad(string message) => new(400, "BadRequest", message);
}
