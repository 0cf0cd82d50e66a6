using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Tenancy;

/// <summary>A gateway and the cluster behind it that say what a test has them say: honest ones until they are told otherwise.</summary>
internal sealed class PlayedDatacenter : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly FakeClock clock;
    private int tokens;

    private PlayedDatacenter(WebApplication app, FakeClock clock) => (this.app, this.clock) = (app, clock);

    public Uri Endpoint { get; private set; } = null!;

    /// <summary>Method and path of every request, in the order of their coming.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public int SignIns => Asked.Count(a => a == "POST /v1/login");

    /// <summary>Changes the invitation to sign in.</summary>
    public Action<JsonObject> Invitation { get; set; } = _ => { };

    /// <summary>Changes the answer to who has signed in.</summary>
    public Action<JsonObject> Grant { get; set; } = _ => { };

    public TimeSpan Life { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Status, reason and words of a refusal to whoever wants to sign in; null: nobody is refused.</summary>
    public (int Status, string Reason, string Words)? Refusal { get; set; }

    /// <summary>Whether the cluster takes this token.</summary>
    public Func<string, bool> Takes { get; set; } = _ => true;

    /// <summary>Its answer to whoever reads or applies the lease.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>Answers nothing, here or there, until whoever asks is gone.</summary>
    public Func<string, bool> Stalls { get; set; } = _ => false;

    public static async Task<PlayedDatacenter> StartAsync(FakeClock clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var played = new PlayedDatacenter(builder.Build(), clock);
        played.app.Run(played.AnswerAsync);
        await played.app.StartAsync();
        played.Endpoint = new Uri(played.app.Urls.Single());
        return played;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    public static Task SayAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Asked.Enqueue($"{context.Request.Method} {path}");
        if (Stalls(path))
        {
            var gone = new TaskCompletionSource();
            using var whenGone = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return;
        }

        if (path.StartsWith("/v1/login", StringComparison.Ordinal) && Refusal is { } no) await SayAsync(context, no.Status, No(no).ToJsonString());
        else if (path == "/v1/login/nonce") await SayAsync(context, 200, Changed(Invite(), Invitation));
        else if (path == "/v1/login") await SayAsync(context, 200, Changed(Granted(), Grant));
        else if (!Takes(context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal))) await SayAsync(context, 401, """{"kind":"Status","code":401,"reason":"Unauthorized","message":"Who are you?"}""");
        else if (Answer is { } answer) await answer(context);
        else await SayAsync(context, 200, """{"apiVersion":"compute.federation/v1alpha1","kind":"ComputeLease","metadata":{"name":"l"},"spec":{},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","reason":"Running"}]}}""");
    }

    private JsonObject Invite() => new()
    {
        ["nonce"] = "abcdefgh12345678", ["domain"] = Endpoint.Authority, ["uri"] = Endpoint.AbsoluteUri + "v1/login", ["chainId"] = "31337", ["expiresAt"] = Time(TimeSpan.FromMinutes(5)),
    };

    private JsonObject Granted()
    {
        var token = $"token-{Interlocked.Increment(ref tokens)}";
        return new JsonObject
        {
            ["token"] = token, ["expiresAt"] = Time(Life), ["address"] = "", ["server"] = Endpoint.AbsoluteUri + "cluster", ["namespaces"] = new JsonArray(),
            ["credential"] = new JsonObject { ["apiVersion"] = "", ["kind"] = "", ["status"] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = "" } },
        };
    }

    private string Time(TimeSpan after) => (clock.GetUtcNow() + after).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);

    private static JsonObject No((int Status, string Reason, string Words) no) => new()
    {
        ["type"] = "about:blank", ["title"] = "No", ["status"] = no.Status, ["reason"] = no.Reason, ["message"] = no.Words, ["path"] = "",
    };

    private static string Changed(JsonObject body, Action<JsonObject> change)
    {
        change(body);
        return body.ToJsonString();
    }
}
