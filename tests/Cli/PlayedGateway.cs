using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Cli.Tests;

/// <summary>A gateway that says what a test has it say: an honest one until it is told otherwise.</summary>
internal sealed class PlayedGateway : IAsyncDisposable
{
    public const string Token = "credential-of-the-test";

    private readonly WebApplication app;

    private PlayedGateway(WebApplication app) => this.app = app;

    public Uri Endpoint { get; private set; } = null!;

    public string Server => Endpoint.AbsoluteUri + "cluster";

    /// <summary>Path of every request, in the order of their coming.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Changes the invitation to sign in.</summary>
    public Action<JsonObject> Invitation { get; set; } = _ => { };

    /// <summary>Changes the answer to who has signed in.</summary>
    public Action<JsonObject> Grant { get; set; } = _ => { };

    /// <summary>The words of a refusal, instead of an invitation; null: it invites.</summary>
    public string? Refusal { get; set; }

    /// <summary>What it says to those who have signed, one after the other, before it lets somebody in.</summary>
    public Queue<(int Status, string Reason)> TurnsAway { get; } = [];

    /// <summary>Whether it takes what it has handed out: not where its key has changed.</summary>
    public bool KnowsItsCredentials { get; set; } = true;

    /// <summary>Names of the pods that its cluster lists.</summary>
    public IReadOnlyList<string> Pods { get; set; } = [];

    public static async Task<PlayedGateway> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var gateway = new PlayedGateway(builder.Build());
        gateway.app.Run(gateway.AnswerAsync);
        await gateway.app.StartAsync();
        gateway.Endpoint = new Uri(gateway.app.Urls.Single());
        return gateway;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Asked.Enqueue(path);
        var (status, body) = path switch
        {
            "/v1/login/nonce" when Refusal is { } words => (403, No(403, words)),
            "/v1/login/nonce" => (200, Changed(Invite(), Invitation)),
            "/v1/login" when TurnsAway.TryDequeue(out var no) => (no.Status, No(no.Status, "Not now.", no.Reason)),
            "/v1/login" => (200, Changed(Granted(), Grant)),
            _ when path.StartsWith("/cluster/", StringComparison.Ordinal) && !KnowsItsCredentials => (401, No(401, "Nobody knows you.")),
            _ when path.EndsWith("/pods", StringComparison.Ordinal) => (200, List()),
            _ => (404, No(404, "There is nothing here.")),
        };
        context.Response.StatusCode = status;
        // As one of several replicas, of which another one answers.
        if (status == 503) (context.Response.Headers.RetryAfter, context.Response.Headers.Connection) = ("1", "close");
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }

    private JsonObject Invite() => new()
    {
        ["nonce"] = "abcdefgh12345678", ["domain"] = Endpoint.Authority, ["uri"] = Endpoint.AbsoluteUri + "v1/login", ["chainId"] = "31337", ["expiresAt"] = "2100-01-01T00:00:00Z",
    };

    private JsonObject Granted() => new()
    {
        ["token"] = Token, ["expiresAt"] = "2100-01-01T00:00:00Z", ["address"] = "", ["server"] = Server, ["namespaces"] = new JsonArray(),
        ["credential"] = new JsonObject { ["apiVersion"] = "", ["kind"] = "", ["status"] = new JsonObject { ["token"] = Token, ["expirationTimestamp"] = "" } },
    };

    private JsonObject List() => new()
    {
        ["apiVersion"] = "v1", ["kind"] = "PodList", ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
        ["items"] = new JsonArray([.. Pods.Select(p => new JsonObject { ["metadata"] = new JsonObject { ["name"] = p }, ["status"] = new JsonObject { ["phase"] = "Running" } })]),
    };

    private static JsonObject No(int status, string words, string reason = "No") => new()
    {
        ["type"] = "about:blank", ["title"] = "No", ["status"] = status, ["reason"] = reason, ["message"] = words, ["path"] = "",
    };

    private static JsonObject Changed(JsonObject body, Action<JsonObject> change)
    {
        change(body);
        return body;
    }
}
