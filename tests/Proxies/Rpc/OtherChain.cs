using System.Text.Json.Nodes;

namespace Federation.Proxies.Rpc;

/// <summary>The node says that it is on another chain.</summary>
public sealed class OtherChain(ulong chainId) : RpcFault
{
    protected override void Change(string method, JsonObject call, JsonObject reply)
    {
        if (method == "eth_chainId") reply["result"] = Quantity(chainId);
    }
}
