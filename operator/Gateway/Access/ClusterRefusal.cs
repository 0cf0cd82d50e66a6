using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Federation.Gateway.Access;

/// <summary>A refusal as Kubernetes' clients understand it: they print its message.</summary>
internal sealed record ClusterRefusal(int Code, string Reason, string Message)
{
    public static ClusterRefusal Unauthorized() => new(401, "Unauthorized", "Sign in first, or anew: POST /v1/login gives a credential for an hour at most.");

    public static ClusterRefusal Forbidden(string message) => new(403, "Forbidden", message);

    public static ClusterRefusal NotFound(string message) => new(404, "NotFound", message);

    public static ClusterRefusal TooMany(string message) => new(429, "TooManyRequests", message);

    public static ClusterRefusal Later(string message) => new(503, "ServiceUnavailable", message);

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellation)
    {
        response.StatusCode = Code;
        response.ContentType = "application/json";
        if (Code == 401) response.Headers.WWWAuthenticate = "Bearer";
        if (Code is 429 or 503) response.Headers.RetryAfter = "1";
        await response.WriteAsync(JsonSerializer.Serialize(new { kind = "Status", apiVersion = "v1", metadata = new { }, status = "Failure", message = Message, reason = Reason, code = Code }), cancellation);
    }
}
