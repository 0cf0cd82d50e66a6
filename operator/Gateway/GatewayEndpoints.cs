using System.Net;
using Federation.Application.Amending;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Settings;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Gateway.Access;
using Federation.Gateway.Limits;
using Federation.Gateway.Pricing;
using Federation.Gateway.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using IPNetwork = System.Net.IPNetwork;

namespace Federation.Gateway;

/// <summary>The tenant API: quotes for Requests, amendments of leases, and what this datacenter is. Needs <see cref="UseGateway"/> before it.</summary>
public static class GatewayEndpoints
{
    private const int UsualPerMinute = 120;

    /// <param name="services">Where it is added.</param>
    /// <param name="identity">What its Offers are valid on.</param>
    /// <param name="requestsPerMinute">Quotes that one address may ask for; each costs a placement check and a signature.</param>
    /// <param name="trustedProxies">CIDRs of those whose X-Forwarded-For says who asks; nobody's is believed when there are none.</param>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayIdentity identity, Live<int>? requestsPerMinute = null, params IReadOnlyList<string> trustedProxies)
    {
        services.AddSingleton(identity);
        services.Configure<ForwardedHeadersOptions>(options => Trust(options, trustedProxies));
        services.AddSingleton<IPriceHook, HttpPriceHook>();
        services.TryAddSingleton(new Live<AccessOptions>(new()));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<BodyLimits>().AddSingleton<AccessDoor>().AddSingleton<AccessLimits>().AddSingleton<ByteLimits>().AddSingleton<AccessMetrics>().AddSingleton<AccessEndpoints>().AddHttpForwarder();
        return services.AddSingleton(provider => new CallerLimits(requestsPerMinute ?? UsualPerMinute, provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Who asks, and how often it may.</summary>
    public static IApplicationBuilder UseGateway(this IApplicationBuilder app) => app.UseForwardedHeaders().UseLeaseRequests()
        .Use(next => http => http.RequestServices.GetRequiredService<CallerLimits>().ApplyAsync(http, next));

    /// <summary>POST /v1/quotes, POST /v1/leases/{id}/amendments, receipts and evidence below /v1/leases/{id}, GET /v1/info, sign-ins at /v1/login, and below /cluster the API server.</summary>
    public static IEndpointConventionBuilder MapGateway(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/v1");
        group.MapPost("/quotes", QuoteAsync).LimitCallers();
        group.MapPost("/leases/{id}/amendments", AmendAsync).LimitCallers();
        group.MapGet("/info", InfoAsync);
        RecordEndpoints.Map(group);
        LoginEndpoints.Map(group);
        AccessEndpoints.Map(endpoints);
        return group;
    }

    // With no known proxies at all the middleware would believe everybody.
    private static void Trust(ForwardedHeadersOptions options, IReadOnlyList<string> proxies)
    {
        options.ForwardedHeaders = proxies.Count > 0 ? ForwardedHeaders.XForwardedFor : ForwardedHeaders.None;
        options.ForwardLimit = null;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies) options.KnownIPNetworks.Add(IPNetwork.Parse(proxy));
    }

    private static Task<IResult> QuoteAsync(HttpRequest http, IQuoter quoter, ILoggerFactory logs, CancellationToken cancellation) =>
        AnswerAsync(http, logs, async body =>
        {
            var result = await quoter.QuoteAsync(new QuoteDemand(body.Request, body.Signature, Caller(http.HttpContext)), cancellation);
            return (result.Offer, result.Reason, result.Message);
        }, cancellation);

    private static async Task<IResult> AmendAsync(string id, HttpRequest http, IAmender amender, ILoggerFactory logs, CancellationToken cancellation) => LeaseId.TryParse(id, out var lease)
        ? await AnswerAsync(http, logs, async body =>
        {
            var result = await amender.AmendAsync(new AmendmentDemand(lease, body.Request, body.Signature, Caller(http.HttpContext)), cancellation);
            return (result.Amendment, result.Reason, result.Message);
        }, cancellation)
        : Refuse(Refusal.Of(StatusCodes.Status404NotFound, AmendmentReasons.LeaseUnknown, "A lease id is 0x and 64 hex digits."));

    private static async Task<IResult> AnswerAsync<T>(HttpRequest http, ILoggerFactory logs, Func<QuoteBody, Task<(T? Answer, string Reason, string Message)>> ask, CancellationToken cancellation)
        where T : class
    {
        var (body, refusal) = await BoundedBody.ReadAsync(http, cancellation);
        if (refusal is not null) return Refuse(refusal);
        try
        {
            var (answer, reason, message) = await ask(body!);
            return answer is not null ? Results.Json(answer, GatewayJson.Options) : Refuse(Refusal.Of(StatusOf(reason, http), reason, message));
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // What lies behind (a node, the API server) is named in the log; a stranger learns only that it will pass.
            logs.CreateLogger(typeof(GatewayEndpoints)).LogWarning(e, "{Path} for {Tenant} failed", http.Path, body!.Request.Tenant);
            return Refuse(Refusal.Of(StatusCodes.Status503ServiceUnavailable, "Unavailable", "This datacenter cannot answer right now; try again."));
        }
    }

    private static int StatusOf(string reason, HttpRequest http)
    {
        if (reason is QuoteReasons.NotLeading) return ElsewhereStatus(http.HttpContext.Response);
        if (reason is AmendmentReasons.LeaseUnknown) return StatusCodes.Status404NotFound;
        if (reason is PlacementReasons.FundsTooLow) return StatusCodes.Status403Forbidden;
        if (reason is not (QuoteReasons.SignatureMissing or QuoteReasons.SignatureInvalid)) return StatusCodes.Status409Conflict;
        http.HttpContext.Response.Headers.WWWAuthenticate = "EIP-712";
        return StatusCodes.Status401Unauthorized;
    }

    private static async Task<IResult> InfoAsync(HttpResponse http, IDatacenterStore datacenters, GatewayIdentity identity, CancellationToken cancellation) =>
        await datacenters.ReadAsync(cancellation) is { } datacenter
            ? Results.Json(GatewayInfo.Of(datacenter, identity), GatewayJson.Options)
            : Refuse(Refusal.Of(ElsewhereStatus(http), "DatacenterMissing", "This replica does not lead, or there is no Datacenter object yet."));

    // A Service picks a replica for each connection: who comes back by this one would meet the same again.
    internal static int ElsewhereStatus(HttpResponse response)
    {
        (response.Headers.RetryAfter, response.Headers.Connection) = ("1", "close");
        return StatusCodes.Status503ServiceUnavailable;
    }

    internal static IResult Refuse(Refusal refusal) =>
        Results.Json(refusal, GatewayJson.Options, Refusal.ContentType, refusal.Status);

    internal static string Caller(HttpContext http) => http.Connection.RemoteIpAddress is { } address ? Caller(address) : "";

    // One IPv6 customer has at least a /64: its addresses are one caller.
    internal static string Caller(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return bytes.Length == 16 ? new IPAddress([.. bytes[..8], .. new byte[8]]).ToString() : address.ToString();
    }
}
