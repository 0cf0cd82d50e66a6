using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Ethereum;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Alerts;

internal enum NodeFault
{
    None,

    /// <summary>It takes no questions.</summary>
    Refuses,

    /// <summary>It says that it took a transaction, and forgets it.</summary>
    Forgets,

    /// <summary>Among the logs that it hands out is one of a contract that was not asked about.</summary>
    Lies,
}

/// <summary>A node's JSON-RPC on a port of its own, which is faulty when it is told to. What it says without a fault is what the real one says.</summary>
internal sealed class FaultyNode : IAsyncDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Uri real;
    private WebApplication app = null!;

    private FaultyNode(Uri real) => this.real = real;

    public Uri Url => new(app.Urls.First());

    public NodeFault Fault { get; set; }

    /// <summary>What happens when the node has taken a transaction, before it says so.</summary>
    public Func<Bytes32, Task>? Took { get; set; }

    public static async Task<FaultyNode> StartAsync(Uri real)
    {
        var node = new FaultyNode(real);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        node.app = builder.Build();
        node.app.MapPost("/", node.AnswerAsync);
        await node.app.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task<IResult> AnswerAsync(HttpRequest request)
    {
        if (Fault == NodeFault.Refuses) return Results.StatusCode(503);
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var asked = JsonNode.Parse(body)!;
        var sent = asked is JsonObject one && (string?)one["method"] == "eth_sendRawTransaction" ? Keccak256.Hash(Convert.FromHexString(((string)one["params"]![0]!)[2..])) : (Bytes32?)null;
        if (Fault == NodeFault.Forgets && sent is { } forgotten)
            return Json(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = asked["id"]?.DeepClone(), ["result"] = forgotten.ToString() }.ToJsonString(), HttpStatusCode.OK);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(real, content);
        var text = await answer.Content.ReadAsStringAsync();
        if (sent is { } taken && Took is { } took && JsonNode.Parse(text)!["result"] is not null) await took(taken);
        return Json(Fault == NodeFault.Lies ? WithLookAlikes(asked, text) : text, answer.StatusCode);
    }

    // In the last block that is asked about, of an address that is nobody's.
    private static string WithLookAlikes(JsonNode asked, string answered)
    {
        var answers = JsonNode.Parse(answered)!;
        foreach (var question in asked is JsonArray several ? several.ToArray() : [asked])
        {
            if ((string?)question!["method"] != "eth_getLogs") continue;
            var answer = answers is JsonArray all ? all.FirstOrDefault(a => a!["id"]?.ToJsonString() == question["id"]?.ToJsonString()) : answers;
            if (answer?["result"] is not JsonArray logs) continue;
            logs.Add(new JsonObject
            {
                ["address"] = "0x" + new string('d', 40), ["topics"] = new JsonArray("0x" + new string('1', 64)), ["data"] = "0x", ["blockNumber"] = question["params"]![0]!["toBlock"]?.DeepClone(),
                ["transactionHash"] = "0x" + new string('2', 64), ["transactionIndex"] = "0x0", ["blockHash"] = "0x" + new string('3', 64), ["logIndex"] = "0x0", ["removed"] = false,
            });
        }

        return answers.ToJsonString();
    }

    private static IResult Json(string text, HttpStatusCode status) => Results.Text(text, "application/json", statusCode: (int)status);
}
