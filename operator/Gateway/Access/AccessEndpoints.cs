using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Application.Telemetry;
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
    AccessDoor door, Live<AccessOptions> options, AccessLimits limits, ByteLimits bytes, AccessMetrics metrics, IHttpForwarder forwarder, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<AccessEndpoints> log)
{
    private const string Scheme = "Bearer ";
    private const int LongestLogged = 256;
    private const int LongestMethod = 16;

    private static readonly TimeSpan ReviewPatience = TimeSpan.FromSeconds(5);

    // What becomes an exec has the API server's own HTTP/1.1; nothing is gained by another version beside it.
    private static readonly Version Http1 = new(1, 1);

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.Map(AccessPath.Prefix + "/{**path}", (HttpContext http, AccessEndpoints access) => access.AnswerAsync(http));

    private async Task AnswerAsync(HttpContext http)
    {
        var asked = new Asked(http.Request.Method, http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, clock.GetTimestamp());
        http.Response.OnStarting(() =>
        {
            Keep(asked, http.Response.StatusCode);
            return Task.CompletedTask;
        });
        var refusal = await LetInAsync(http, asked);
        if (refusal is not null && !http.Response.HasStarted) await refusal.WriteAsync(http.Response, http.RequestAborted);
        // Who went before there was an answer may have been obeyed all the same.
        if (!asked.IsKept) Keep(asked, StatusCodes.Status499ClientClosedRequest);
    }

    /// <returns>Why not; null when it was answered.</returns>
    private async Task<ClusterRefusal?> LetInAsync(HttpContext http, Asked asked)
    {
        // 1. Who it is.
        if (!options.Current.Enabled) return ClusterRefusal.Forbidden("This datacenter gives no access to its cluster by the gateway.");
        if (door.Open is not { } open) return ClusterRefusal.Later("The gateway does not know its cluster yet: try again.");
        if (CredentialOf(http.Request, open) is not { } credential) return ClusterRefusal.Unauthorized();
        asked.Tenant = credential.Address;
        if (limits.IsTooFast(credential.Address)) return ClusterRefusal.TooMany($"More than {options.Current.PerSecond} requests a second: slow down.");

        // 2. What it is about.
        var (path, problem) = AccessPath.Parse(http.Request.Method, asked.Target);
        if (path is null) return ClusterRefusal.Forbidden(problem);
        if (AccessPath.IsLease(path.Namespace)) asked.Lease = path.Namespace;
        Spans.Current?.SetTag(Spans.NamespaceName, asked.Lease);
        if (RequestGuard.Check(http.Request, path, options.Current) is { } bad) return bad;

        // 3. Until when: it ends with the credential, with this process, and if it is no stream, with all patience.
        using var end = new CancellationTokenSource(TimeLeft(credential, path), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            return await PassOnAsync(http, open, path, credential, asked, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return new ClusterRefusal(504, "Timeout", "It took too long.");
        }
        catch (Exception e) when (e is ClusterException or HttpRequestException or TimeoutException)
        {
            using var scope = ScopeOf(asked);
            log.LogWarning("{Tenant} could not be let in: {Error}", credential.Address, e.Message);
            return ClusterRefusal.Later("The cluster does not answer now: try again.");
        }
        catch (Exception e) when (e is BadHttpRequestException or EndOfStreamException)
        {
            return new ClusterRefusal((e as BadHttpRequestException)?.StatusCode ?? 400, "BadRequest", "The body did not come as it was announced.");
        }
    }

    private async Task<ClusterRefusal?> PassOnAsync(HttpContext http, OpenDoor open, AccessPath path, TenantCredential credential, Asked asked, CancellationToken cancellation)
    {
        // 4. Whether the tenant has room.
        var (mine, full) = await limits.TakeOwnAsync(credential.Address, path, cancellation);
        if (mine is null) return ClusterRefusal.TooMany(full);
        using var own = mine;

        // 5. Whose the namespace is, and with that whom the operator acts as.
        var space = path.Kind == AccessKind.Review ? await ReadReviewAsync(http, cancellation) : path.Namespace;
        if (space is null) return TooSlow(http.Response);
        var isTheirs = AccessPath.IsLease(space) && await open.Spaces.IsTenantAsync(space, credential.Address, cancellation);
        if (path.Kind == AccessKind.Namespaced && !isTheirs) return ClusterRefusal.Forbidden($"{credential.Address} is not the tenant of {space}.");

        // 6. Whether all have room: nothing of it is for what is nobody's.
        using var shared = limits.TakeShared(path);
        if (shared is null) return ClusterRefusal.TooMany("This datacenter's gateway has no room for more now: try again.");
        if (path.IsWrite && limits.WriteProblem(credential.Address, path.IsDelivery) is { } tooMany) return ClusterRefusal.TooMany(tooMany);
        if (path.IsShell && RefusalOf(await open.Spaces.OpenShellAsync(space, path.Name, cancellation), path.Name) is { } closed) return closed;

        // 7. The rest is the cluster's.
        return await ForwardAsync(http, open, path, isTheirs ? TenantTransformer.UserIn(space) : TenantTransformer.Anywhere, credential, asked, cancellation);
    }

    // A review is some hundred bytes: who lets them drip holds a place that others wait for.
    private async Task<string?> ReadReviewAsync(HttpContext http, CancellationToken cancellation)
    {
        using var slow = new CancellationTokenSource(ReviewPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellation);
        try
        {
            return await ReviewBody.NamespaceAsync(http.Request, either.Token);
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static ClusterRefusal TooSlow(HttpResponse response)
    {
        response.Headers.Connection = "close";
        return new ClusterRefusal(408, "Timeout", $"The body did not come within {ReviewPatience.TotalSeconds:0} s: send it at once.");
    }

    private static ClusterRefusal? RefusalOf(ShellEntry entry, string pod) => entry switch
    {
        ShellEntry.Open => null,
        ShellEntry.Missing => ClusterRefusal.NotFound($"pods \"{pod}\" not found"),
        _ => ClusterRefusal.Forbidden($"{pod} is not of your workload: it can be looked at, and not be entered."),
    };

    private TimeSpan TimeLeft(TenantCredential credential, AccessPath path)
    {
        var left = credential.Ends - clock.GetUtcNow();
        return !path.IsStream && options.Current.Patience < left ? options.Current.Patience : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private TenantCredential? CredentialOf(HttpRequest request, OpenDoor open) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? open.Credentials.Read(value[Scheme.Length..], clock.GetUtcNow()) : null;

    private async Task<ClusterRefusal?> ForwardAsync(HttpContext http, OpenDoor open, AccessPath path, string user, TenantCredential credential, Asked asked, CancellationToken cancellation)
    {
        var count = new ByteCount(bytes, credential.Address, cancellation);
        var (request, response) = (http.Request.Body, http.Response.Body);
        count.Watch(http);
        if (path.IsStream) metrics.Stream(1);
        try
        {
            var config = new ForwarderRequestConfig { Version = Http1, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = TimeLeft(credential, path) + TimeSpan.FromSeconds(1) };
            var error = await forwarder.SendAsync(http, open.Server.AbsoluteUri, open.Api, config, new TenantTransformer(open.Server, path, user), cancellation);
            if (error == ForwarderError.None || http.Response.HasStarted) return null;
            http.Response.Clear();
            return error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled
                ? new ClusterRefusal(400, "BadRequest", "The body did not come as it was announced.")
                : ClusterRefusal.Later("The cluster does not answer now: try again.");
        }
        finally
        {
            // What the gateway itself has to say waits for nothing.
            (http.Request.Body, http.Response.Body) = (request, response);
            if (path.IsStream)
            {
                metrics.Stream(-1);
                using var scope = ScopeOf(asked);
                log.LogInformation("{Tenant} {Method} {Path} ended after {Seconds:0} s: {Sent} bytes from the tenant, {Received} to it", credential.Address, asked.ShownMethod, asked.ShownPath, clock.GetElapsedTime(asked.Started).TotalSeconds, count.Sent, count.Received);
            }
        }
    }

    // What strangers and the impatient are told would be as much to keep as they like: it is counted.
    private void Keep(Asked asked, int status)
    {
        asked.IsKept = true;
        metrics.Count(status);
        if (asked.Tenant is not { } tenant || status == StatusCodes.Status429TooManyRequests) return;
        using var scope = ScopeOf(asked);
        log.LogInformation("{Tenant} {Method} {Path} {Status} in {Milliseconds:0} ms", tenant, asked.ShownMethod, asked.ShownPath, status, clock.GetElapsedTime(asked.Started).TotalMilliseconds);
    }

    private IDisposable? ScopeOf(Asked asked) => asked.Lease is { } space ? log.BeginNamespace(space) : null;

    /// <summary>One request, as it is kept.</summary>
    /// <param name="target">Of the request line, as it came.</param>
    private sealed class Asked(string method, string target, long started)
    {
        public string Target => target;

        public long Started => started;

        public string ShownMethod => method[..Math.Min(method.Length, LongestMethod)];

        /// <summary>Without its query, in which commands and what they are given stand.</summary>
        public string ShownPath => string.Concat(target.Split('?')[0].Take(LongestLogged).Select(c => c is > ' ' and <= '~' ? c : '?'));

        /// <summary>Null: somebody who has not signed in.</summary>
        public string? Tenant { get; set; }

        /// <summary>Namespace of the lease that it is about, whosever that is; null: of none.</summary>
        public string? Lease { get; set; }

        public bool IsKept { get; set; }
    }
}
