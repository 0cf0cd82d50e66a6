using Federation.Application.Access;
using Federation.Application.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Federation.Gateway.Access;

/// <summary>
/// The API server, as far as it is a tenant's: who asks is known by the credential, whose the namespace is by its binding, what may be
/// done there is for the cluster's RBAC to say.
/// </summary>
internal sealed class AccessEndpoints(
    AccessDoor door, AccessOptions options, AccessLimits limits, AccessMetrics metrics, IHttpForwarder forwarder, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<AccessEndpoints> log)
{
    private const string Scheme = "Bearer ";
    private const int LongestLogged = 256;

    // What becomes an exec has the API server's own HTTP/1.1; nothing is gained by another version beside it.
    private static readonly Version Http1 = new(1, 1);

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.Map(AccessPath.Prefix + "/{**path}", (HttpContext http, AccessEndpoints access) => access.AnswerAsync(http));

    private async Task AnswerAsync(HttpContext http)
    {
        var started = clock.GetTimestamp();
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var (refusal, tenant) = await LetInAsync(http, target, started);
        if (refusal is null) return;
        metrics.Count(refusal.Code);
        // What strangers and the impatient are told would be as much to keep as they like.
        if (tenant is not null && refusal.Code != 429) Log(tenant, http.Request.Method, target, refusal.Code, started);
        if (!http.Response.HasStarted) await refusal.WriteAsync(http.Response, http.RequestAborted);
    }

    /// <returns>Why not, and who it is as far as that is known.</returns>
    private async Task<(ClusterRefusal? Refusal, string? Tenant)> LetInAsync(HttpContext http, string target, long started)
    {
        // 1. Who it is.
        if (!options.Enabled) return (ClusterRefusal.Forbidden("This datacenter gives no access to its cluster by the gateway."), null);
        if (door.Open is not { } open) return (ClusterRefusal.Later("The gateway does not know its cluster yet: try again."), null);
        if (CredentialOf(http.Request, open) is not { } credential) return (ClusterRefusal.Unauthorized(), null);

        // 2. What it is about.
        var (path, problem) = AccessPath.Parse(http.Request.Method, target);
        if (path is null) return (ClusterRefusal.Forbidden(problem), credential.Address);
        if (RequestGuard.Check(http.Request, path, options) is { } bad) return (bad, credential.Address);

        // 3. Whether there is room; it ends with the credential, with this process, and if it is no stream, with all patience.
        var isWrite = path.Kind == AccessKind.Namespaced && !path.IsStream && http.Request.Method != "GET";
        using var end = new CancellationTokenSource(TimeLeft(credential, path), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var (leases, full) = await limits.TakeAsync(credential.Address, path.IsStream, isWrite, either.Token);
            using (leases)
            {
                if (leases is null) return (ClusterRefusal.TooMany(full), credential.Address);

                // 4. Whose the namespace is, and with that whom the operator acts as.
                var space = path.Kind == AccessKind.Review ? await ReviewBody.NamespaceAsync(http.Request, either.Token) : path.Namespace;
                var isTheirs = await IsTenantAsync(open, path.Kind, space, credential, either.Token);
                if (path.Kind == AccessKind.Namespaced && !isTheirs) return (ClusterRefusal.Forbidden($"{credential.Address} is not the tenant of {space}."), credential.Address);

                if (path.IsShell) await open.Spaces.OpenShellAsync(space, either.Token);

                // 5. The rest is the cluster's.
                return (await ForwardAsync(http, open, path, isTheirs ? TenantTransformer.UserIn(space) : TenantTransformer.Anywhere, credential, started, either.Token), credential.Address);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return (new ClusterRefusal(504, "Timeout", "It took too long."), credential.Address);
        }
        catch (Exception e) when (e is ClusterException or HttpRequestException or TimeoutException)
        {
            log.LogWarning("{Tenant} could not be let in: {Error}", credential.Address, e.Message);
            return (ClusterRefusal.Later("The cluster does not answer now: try again."), credential.Address);
        }
        catch (Exception e) when (e is BadHttpRequestException or EndOfStreamException)
        {
            return (new ClusterRefusal((e as BadHttpRequestException)?.StatusCode ?? 400, "BadRequest", "The body did not come as it was announced."), credential.Address);
        }
    }

    private TimeSpan TimeLeft(TenantCredential credential, AccessPath path)
    {
        var left = credential.Ends - clock.GetUtcNow();
        return !path.IsStream && options.Patience < left ? options.Patience : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private TenantCredential? CredentialOf(HttpRequest request, OpenDoor open) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? open.Credentials.Read(value[Scheme.Length..], clock.GetUtcNow()) : null;

    private static async Task<bool> IsTenantAsync(OpenDoor open, AccessKind kind, string space, TenantCredential credential, CancellationToken cancellation) =>
        kind != AccessKind.Discovery && AccessPath.IsLease(space) && await open.Spaces.IsTenantAsync(space, credential.Address, cancellation);

    private async Task<ClusterRefusal?> ForwardAsync(HttpContext http, OpenDoor open, AccessPath path, string user, TenantCredential credential, long started, CancellationToken cancellation)
    {
        var isKept = false;
        http.Response.OnStarting(() =>
        {
            isKept = true;
            metrics.Count(http.Response.StatusCode);
            Log(credential.Address, http.Request.Method, path.Path, http.Response.StatusCode, started);
            return Task.CompletedTask;
        });
        if (path.IsStream) metrics.Stream(1);
        try
        {
            var config = new ForwarderRequestConfig { Version = Http1, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = TimeLeft(credential, path) + TimeSpan.FromSeconds(1) };
            var error = await forwarder.SendAsync(http, open.Server.AbsoluteUri, open.Api, config, new TenantTransformer(open.Server, path, user), cancellation);
            if (error == ForwarderError.None || isKept || http.Response.HasStarted) return null;
            http.Response.Clear();
            return error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled
                ? new ClusterRefusal(400, "BadRequest", "The body did not come as it was announced.")
                : ClusterRefusal.Later("The cluster does not answer now: try again.");
        }
        finally
        {
            if (path.IsStream) metrics.Stream(-1);
        }
    }

    // Without its query, in which commands and what they are given stand.
    private void Log(string tenant, string method, string target, int status, long started)
    {
        var path = target.Split('?')[0];
        var shown = string.Concat(path.Take(LongestLogged).Select(c => c is > ' ' and <= '~' ? c : '?'));
        log.LogInformation("{Tenant} {Method} {Path} {Status} {Milliseconds:0} ms", tenant, method.Length <= 16 ? method : method[..16], shown, status, clock.GetElapsedTime(started).TotalMilliseconds);
    }
}
