using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Proxies.Rpc;

/// <summary>A fault of a JSON-RPC node, told call by call; batches are taken apart and put together again.</summary>
public abstract class RpcFault : Fault
{
    public sealed override async Task HandleAsync(Exchange exchange)
    {
        var body = JsonNode.Parse(exchange.Body)!;
        foreach (var call in Each(body)) Ask(Method(call), call);
        using var answer = await exchange.SendAsync(Encoding.UTF8.GetBytes(body.ToJsonString()));
        var replies = JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(exchange.Context.RequestAborted))!;
        foreach (var call in Each(body))
            if (Each(replies).FirstOrDefault(r => JsonNode.DeepEquals(r["id"], call["id"])) is { } reply) Change(Method(call), call, reply);
        await exchange.AnswerAsync((int)answer.StatusCode, replies.ToJsonString());
    }

    /// <summary>Changes what the node is asked.</summary>
    protected virtual void Ask(string method, JsonObject call)
    {
    }

    /// <summary>Changes what the node has answered.</summary>
    protected virtual void Change(string method, JsonObject call, JsonObject reply)
    {
    }

    /// <summary>An error instead of a result.</summary>
    protected static void Fail(JsonObject reply, int code, string message)
    {
        reply.Remove("result");
        reply["error"] = new JsonObject { ["code"] = code, ["message"] = message };
    }

    protected static ulong Number(JsonNode? quantity) => Convert.ToUInt64((string)quantity!, 16);

    protected static string Quantity(ulong number) => $"0x{number:x}";

    private static string Method(JsonObject call) => (string)call["method"]!;

    private static IEnumerable<JsonObject> Each(JsonNode node) => node is JsonArray many ? many.Cast<JsonObject>() : [(JsonObject)node];
}
