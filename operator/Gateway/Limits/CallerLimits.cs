using Federation.Application.Settings;
using Federation.Gateway.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Federation.Gateway.Limits;

/// <summary>How often one address may ask for what costs a placement check, a signature or a look at the chain.</summary>
internal sealed class CallerLimits(Live<int> perMinute, TimeProvider clock)
{
    // Who is refused is told to come back in 10 s.
    private const int LeastPerMinute = 6;

    private readonly TokenBuckets buckets = new(() => Rate(perMinute.Current), clock);

    /// <summary>Refuses who asks too often, before anything of the request is read.</summary>
    public Task ApplyAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<Mark>() is null || buckets.TryTake(GatewayEndpoints.Caller(http))) return next(http);
        http.Response.Headers.RetryAfter = "10";
        return GatewayEndpoints.Refuse(Refusal.Of(StatusCodes.Status429TooManyRequests, "TooManyRequests", "Too many requests from this address; try again in 10 s.")).ExecuteAsync(http);
    }

    private static (int Most, double PerSecond) Rate(int perMinute) => (perMinute, Math.Max(perMinute, LeastPerMinute) / 60.0);

    /// <summary>On the endpoints that are limited.</summary>
    internal sealed class Mark;
}

/// <summary>Marks endpoints.</summary>
internal static class CallerLimited
{
    /// <summary>Each address may ask for it only so often.</summary>
    public static TBuilder LimitCallers<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new CallerLimits.Mark());
}
