using System.Globalization;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Gateway.Limits;
using Federation.Gateway.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway;

/// <summary>Receipts and evidence of a lease, for its tenant, the tenant's session keys and the lease's arbiter.</summary>
internal static class RecordEndpoints
{
    private const string Lines = "application/x-ndjson";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/leases/{id}/receipt", ReceiptAsync).LimitCallers();
        group.MapPost("/leases/{id}/receipt/signature", CountersignAsync).LimitCallers();
        group.MapGet("/leases/{id}/evidence", WindowsAsync).LimitCallers();
        group.MapGet("/leases/{id}/evidence/{window}", WindowAsync).LimitCallers();
    }

    private static Task<IResult> ReceiptAsync(string id, HttpContext http, IRecordDesk desk, IDatacenterStore datacenters, ILoggerFactory logs, CancellationToken cancellation) =>
        HandAsync(id, "/receipt", http, datacenters, logs, desk.ReceiptAsync, r => Results.Json(ReceiptBody.Of(r), GatewayJson.Options), cancellation);

    private static Task<IResult> WindowsAsync(string id, HttpContext http, IRecordDesk desk, IDatacenterStore datacenters, ILoggerFactory logs, CancellationToken cancellation)
    {
        var from = long.TryParse(http.Request.Query["from"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return HandAsync(id, "/evidence", http, datacenters, logs, desk.Evidence.ListAsync, all => Results.Json(WindowsBody.Of(all, from), GatewayJson.Options), cancellation);
    }

    private static Task<IResult> WindowAsync(string id, string window, HttpContext http, IRecordDesk desk, IDatacenterStore datacenters, ILoggerFactory logs, CancellationToken cancellation) => HandAsync(
        id, "/evidence/" + window, http, datacenters, logs, (lease, claim, stop) => desk.Evidence.OpenAsync(lease, window, claim, stop), lines => Results.Stream(lines, Lines), cancellation);

    // The signature shows who it is.
    private static async Task<IResult> CountersignAsync(string id, HttpContext http, IRecordDesk desk, ILoggerFactory logs, CancellationToken cancellation)
    {
        if (!LeaseId.TryParse(id, out var lease)) return NoLease();
        var (body, refusal) = await BoundedBody.ReadAsync<CountersignatureBody>(http.Request, RequestRules.Check, cancellation);
        return refusal is not null
            ? GatewayEndpoints.Refuse(refusal)
            : await AnswerAsync(http, logs, () => desk.CountersignAsync(lease, body!.Digest, body.Signature, cancellation), r => Results.Json(ReceiptBody.Of(r), GatewayJson.Options), cancellation);
    }

    private static async Task<IResult> HandAsync<T>(
        string id, string below, HttpContext http, IDatacenterStore datacenters, ILoggerFactory logs, Func<LeaseId, ReaderClaim, CancellationToken, Task<Handed<T>>> hand, Func<T, IResult> answer, CancellationToken cancellation)
        where T : class
    {
        if (!LeaseId.TryParse(id, out var lease)) return NoLease();
        return await AnswerAsync(http, logs, async () =>
        {
            // What is signed names the datacenter as it is registered: a message for another one is no word here.
            if (await datacenters.ReadAsync(cancellation) is not { } datacenter || !Uri.TryCreate(datacenter.Spec.Endpoint, UriKind.Absolute, out var endpoint))
                return new Handed<T>(null, QuoteReasons.NotLeading, "This replica does not lead, or there is no Datacenter object with an endpoint yet.");
            var url = $"{endpoint.AbsoluteUri.TrimEnd('/')}/v1/leases/{lease}";
            var (message, signature) = ReaderHeader.Read(http.Request.Headers.Authorization);
            return await hand(lease, new ReaderClaim(endpoint.Authority, url, url + below, message, signature), cancellation);
        }, answer, cancellation);
    }

    private static async Task<IResult> AnswerAsync<T>(HttpContext http, ILoggerFactory logs, Func<Task<Handed<T>>> ask, Func<T, IResult> answer, CancellationToken cancellation)
        where T : class
    {
        try
        {
            var handed = await ask();
            http.Response.Headers.CacheControl = "no-store";
            return handed.Value is { } value ? answer(value) : GatewayEndpoints.Refuse(Refusal.Of(StatusOf(handed.Reason, http), handed.Reason, handed.Message));
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // What lies behind (a node, a volume) is named in the log; who asks learns only that it will pass.
            logs.CreateLogger(typeof(RecordEndpoints)).LogWarning(e, "{Path} failed", http.Request.Path);
            return GatewayEndpoints.Refuse(Refusal.Of(StatusCodes.Status503ServiceUnavailable, "Unavailable", "This datacenter cannot answer right now; try again."));
        }
    }

    private static int StatusOf(string reason, HttpContext http)
    {
        if (reason is QuoteReasons.NotLeading) return GatewayEndpoints.ElsewhereStatus(http.Response);
        if (reason is HandingReasons.NotYours or QuoteReasons.SignatureInvalid) return StatusCodes.Status403Forbidden;
        if (reason is HandingReasons.LeaseUnknown or HandingReasons.ReceiptMissing or HandingReasons.EvidenceMissing) return StatusCodes.Status404NotFound;
        if (reason is not (HandingReasons.ProofMissing or HandingReasons.ProofInvalid)) return StatusCodes.Status409Conflict;
        http.Response.Headers.WWWAuthenticate = ReaderHeader.Scheme;
        return StatusCodes.Status401Unauthorized;
    }

    private static IResult NoLease() => GatewayEndpoints.Refuse(Refusal.Of(StatusCodes.Status404NotFound, HandingReasons.LeaseUnknown, "A lease id is 0x and 64 hex digits."));
}
