using Federation.Application.Telemetry;
using Federation.Domain.Leases;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway;

/// <summary>Requests about a lease: what is logged while they are answered carries its id.</summary>
internal static class LeaseRequests
{
    public static IApplicationBuilder UseLeaseScopes(this IApplicationBuilder app)
    {
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(GatewayEndpoints));
        return app.Use(async (HttpContext http, RequestDelegate next) =>
        {
            using var scope = LeaseOf(http) is { } lease ? log.BeginLease(lease) : null;
            await next(http);
        });
    }

    /// <summary>Of the route; what is no lease id is for the endpoint to refuse.</summary>
    private static LeaseId? LeaseOf(HttpContext http) => http.GetRouteValue("id") is string id && LeaseId.TryParse(id, out var lease) ? lease : null;
}
