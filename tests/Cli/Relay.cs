using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Cli.Tests;

/// <summary>A node that hands everything on to another one, and says of a transaction that it failed: as nodes do whose pool or whose proxy has a bad moment.</summary>
internal sealed class Relay(Uri node) : IAsyncDisposable
{
    private readonly HttpClient http = new();
    private WebApplication app = null!;

    /// <summary>Whether transactions get to the other node all the same.</summary>
    public bool Passes { get; set; }

    /// <summary>Whether it says of transactions, too, what the other node says.</summary>
    public bool IsHonest { get; init; }

    /// <summary>What somebody else does right before the other node is asked what a transaction takes; it is told the question.</summary>
    public Func<string, Task>? BeforeEstimate { get; set; }

    public async Task<Uri> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPost("/", (Delegate)AnswerAsync);
        await app.StartAsync();
        return new Uri(app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
        var isTransaction = body.Contains("eth_sendRawTransaction", StringComparison.Ordinal);
        if (BeforeEstimate is { } act && body.Contains("eth_estimateGas", StringComparison.Ordinal)) await act(body);
        if (!isTransaction || Passes || IsHonest)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(node, content, context.RequestAborted);
            if (!isTransaction || IsHonest) return Results.Text(await answer.Content.ReadAsStringAsync(context.RequestAborted), "application/json");
        }

        var asked = JsonNode.Parse(body)!;
        var id = (asked as JsonArray)?[0]?["id"] ?? asked["id"];
        var failure = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), ["error"] = new JsonObject { ["code"] = -32000, ["message"] = "internal error" } };
        return Results.Text((asked is JsonArray ? new JsonArray(failure) : (JsonNode)failure).ToJsonString(), "application/json");
    }
}
