using System.Text.Json.Nodes;

namespace Federation.Proxies.Rpc;

/// <summary>A node on a fork: from one block on, its blocks have other hashes than everybody else's.</summary>
/// <param name="from">The first block that differs.</param>
public sealed class Forked(ulong from) : RpcFault
{
    protected override void Change(string method, JsonObject call, JsonObject reply)
    {
        if (method != "eth_getBlockByNumber" || reply["result"] is not JsonObject block || Number(block["number"]) < from) return;
        block["hash"] = Other((string)block["hash"]!);
        if (Number(block["number"]) > from) block["parentHash"] = Other((string)block["parentHash"]!);
    }

    private static string Other(string hash) => hash[..^4] + (hash.EndsWith("f0f0", StringComparison.Ordinal) ? "0f0f" : "f0f0");
}
