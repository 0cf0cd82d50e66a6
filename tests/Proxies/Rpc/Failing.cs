using System.Text.Json.Nodes;

namespace Federation.Proxies.Rpc;

/// <summary>Calls fail with an error of JSON-RPC, as of a node that limits how much it is asked.</summary>
/// <param name="which">Methods that fail; null: all.</param>
public sealed class Failing(int code, string message, Func<string, bool>? which = null) : RpcFault
{
    protected override void Change(string method, JsonObject call, JsonObject reply)
    {
        if (which?.Invoke(method) != false) Fail(reply, code, message);
    }
}
