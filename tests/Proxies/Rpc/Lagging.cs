using System.Text.Json.Nodes;

namespace Federation.Proxies.Rpc;

/// <summary>A node that has not come further than one block; what it says is true, and old.</summary>
/// <param name="head">Its latest block.</param>
/// <param name="finality">Blocks that its finalized block is behind.</param>
public sealed class Lagging(ulong head, ulong finality = 2) : RpcFault
{
    protected override void Ask(string method, JsonObject call)
    {
        if (call["params"] is not JsonArray asked) return;
        for (var at = 0; at < asked.Count; at++)
        {
            if (asked[at] is JsonValue value && value.TryGetValue<string>(out var tag) && Block(tag) is { } number) asked[at] = Quantity(number);
            if (asked[at] is JsonObject filter && method == "eth_getLogs") filter["toBlock"] = Quantity(Math.Min(head, Number(filter["toBlock"])));
        }
    }

    protected override void Change(string method, JsonObject call, JsonObject reply)
    {
        if (method == "eth_blockNumber") reply["result"] = Quantity(head);
        if (method == "eth_getBlockByNumber" && reply["result"] is JsonObject block && Number(block["number"]) > head) reply["result"] = null;
        if (method == "eth_getTransactionReceipt" && reply["result"] is JsonObject receipt && Number(receipt["blockNumber"]) > head) reply["result"] = null;
    }

    private ulong? Block(string tag) => tag switch
    {
        "latest" or "pending" or "safe" => head,
        "finalized" => head - Math.Min(head, finality),
        _ => null,
    };
}
