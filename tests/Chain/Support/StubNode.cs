using System.Text.Json;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Tests.Support;

/// <summary>A node that answers what a test says: for answers that a healthy one does not give.</summary>
internal sealed class StubNode(Func<string, JsonElement, object?> answer) : HttpMessageHandler
{
    public EthereumClient Client => new(new JsonRpcClient(new Uri("http://stub"), new JsonRpcOptions { MaxRetries = 0 }, handler: this));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var body = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancellationToken));
        object reply = body.RootElement.ValueKind == JsonValueKind.Array
            ? body.RootElement.EnumerateArray().Select(Reply).ToArray()
            : Reply(body.RootElement);
        return new HttpResponseMessage { Content = new StringContent(JsonSerializer.Serialize(reply)) };
    }

    private Dictionary<string, object?> Reply(JsonElement call)
    {
        var reply = new Dictionary<string, object?> { ["jsonrpc"] = "2.0", ["id"] = call.GetProperty("id").Clone() };
        var result = answer(call.GetProperty("method").GetString()!, call.GetProperty("params").Clone());
        if (result is RpcFault fault) reply["error"] = new { code = fault.Code, message = fault.Message };
        else reply["result"] = result;
        return reply;
    }
}

internal sealed record RpcFault(int Code, string Message);
