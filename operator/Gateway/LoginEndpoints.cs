using Federation.Application.Access;
using Federation.Application.Quoting;
using Federation.Application.Settings;
using Federation.Gateway.Access;
using Federation.Gateway.Limits;
using Federation.Gateway.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway;

/// <summary>Sign-In with Ethereum (EIP-4361): a nonce, and for a signed message a credential for the cluster.</summary>
internal static class LoginEndpoints
{
    // A message and a signature; wallets that are contracts sign with more.
    private const int MostBytes = 32 * 1024;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/login/nonce", InviteAsync).LimitCallers();
        group.MapPost("/login", SignInAsync).LimitCallers();
    }

    private static Task<IResult> InviteAsync(HttpContext http, ISignInDesk desk, Live<AccessOptions> options, ILoggerFactory logs, CancellationToken cancellation) => AnswerAsync(http, options, logs, async () =>
    {
        var terms = await desk.InviteAsync(cancellation);
        return terms.Value is { } value ? Results.Json(NonceBody.Of(value), GatewayJson.Options) : Refuse(http, terms.Reason, terms.Message);
    });

    private static Task<IResult> SignInAsync(HttpContext http, ISignInDesk desk, AccessDoor door, Live<AccessOptions> options, ILoggerFactory logs, CancellationToken cancellation) => AnswerAsync(http, options, logs, async () =>
    {
        var (body, refusal) = await BoundedBody.ReadAsync<LoginBody>(http.Request, LoginBody.Check, cancellation, MostBytes);
        if (refusal is not null) return GatewayEndpoints.Refuse(refusal);
        if (door.Open is not { } open) return Refuse(http, AccessReasons.NotReady, "The gateway does not know its cluster yet; try again.");
        var signed = await desk.SignInAsync(new SignInClaim(body!.Message, body.Signature, GatewayEndpoints.Caller(http)), cancellation);
        if (signed.Value is not { } tenant) return Refuse(http, signed.Reason, signed.Message);
        logs.CreateLogger(typeof(LoginEndpoints)).LogInformation("{Tenant} has signed in until {End:u}", tenant.Address, tenant.Ends);
        return Results.Json(LoginAnswer.Of(tenant, open.Credentials.Issue(tenant.Address, tenant.Ends)), GatewayJson.Options);
    });

    private static async Task<IResult> AnswerAsync(HttpContext http, Live<AccessOptions> options, ILoggerFactory logs, Func<Task<IResult>> ask)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!options.Current.Enabled) return Refuse(http, AccessReasons.AccessOff, "This datacenter gives no access to its cluster by the gateway.");
        try
        {
            return await ask();
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested && e is not BadHttpRequestException)
        {
            logs.CreateLogger(typeof(LoginEndpoints)).LogWarning(e, "{Path} failed", http.Request.Path);
            return Refuse(http, AccessReasons.NotReady, "This datacenter cannot answer right now; try again.");
        }
    }

    private static IResult Refuse(HttpContext http, string reason, string message)
    {
        var status = StatusOf(http, reason);
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) http.Response.Headers.RetryAfter = "1";
        return GatewayEndpoints.Refuse(Refusal.Of(status, reason, message));
    }

    private static int StatusOf(HttpContext http, string reason) => reason switch
    {
        QuoteReasons.NotLeading => GatewayEndpoints.ElsewhereStatus(http.Response),
        AccessReasons.NotReady or AccessReasons.ChainUnavailable => StatusCodes.Status503ServiceUnavailable,
        AccessReasons.TooManySignIns => StatusCodes.Status429TooManyRequests,
        AccessReasons.LeaseMissing or AccessReasons.AccessOff => StatusCodes.Status403Forbidden,
        AccessReasons.MessageInvalid => StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status401Unauthorized,
    };
}
