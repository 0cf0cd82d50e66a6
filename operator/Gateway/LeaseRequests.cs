using System.Diagnostics;
using Federation.Application.Telemetry;
using Federation.Gateway.Access;
using Federation.Domain.Leases;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway;

/// <summary>Requests of tenants: what is logged while one about a lease is answered carries the lease's id, and each is a span.</summary>
internal static class LeaseRequests
{
    public static IApplicationBuilder UseLeaseRequests(this IApplicationBuilder app)
    {
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(GatewayEndpoints));
        return app.Use(async (HttpContext http, RequestDelegate next) =>
        {
            using var scope = LeaseOf(http) is { } lease ? log.BeginLease(lease) : null;
            using var span = StartSpan(http);
            await next(http);
            // A refusal is an answer; what the gateway could not do is a failure.
            if (span?.SetTag("http.response.status_code", http.Response.StatusCode) is not null && http.Response.StatusCode >= StatusCodes.Status500InternalServerError) span.SetStatus(ActivityStatusCode.Error);
        });
    }

    // By its route: what a path and a query say is the tenant's.
    private static Activity? StartSpan(HttpContext http)
    {
        if ((http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is not { } route || !(route.StartsWith("/v1", StringComparison.Ordinal) || route.StartsWith(AccessPath.Prefix, StringComparison.Ordinal))) return null;
        if (Spans.StartOwn("gateway.request", ActivityKind.Server)?.SetTag("http.request.method", http.Request.Method).SetTag("http.route", route) is not { } span) return null;
        return LeaseOf(http) is { } lease ? span.About(lease) : span;
    }

    /// <summary>Of the route; what is no lease id is for the endpoint to refuse.</summary>
    private static LeaseId? LeaseOf(HttpContext http) => http.GetRouteValue("id") is string id && LeaseId.TryParse(id, out var lease) ? lease : null;
}
