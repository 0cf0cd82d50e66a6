using System.Text.Json.Nodes;

namespace Federation.Proxies.Rpc;

/// <summary>A node that has its blocks, and says of logs that there are none.</summary>
/// <param name="from">Blocks below this one are told of in full.</param>
/// <param name="servesReceipts">It tells of the same logs in the receipts of blocks; else it knows no such method.</param>
/// <param name="each">1: all logs are left out; 10: every tenth that would be told.</param>
public sealed class OmittingLogs(ulong from = 0, bool servesReceipts = true, int each = 1) : RpcFault
{
    private int omitted;
    private int told;

    /// <summary>Logs that were not told of.</summary>
    public int Omitted => omitted;

    protected override void Change(string method, JsonObject call, JsonObject reply)
    {
        if (method == "eth_getBlockReceipts" && !servesReceipts) Fail(reply, -32601, "the method eth_getBlockReceipts does not exist");
        if (method != "eth_getLogs" || reply["result"] is not JsonArray logs) return;
        foreach (var log in logs.Where(l => Number(l!["blockNumber"]) >= from && Interlocked.Increment(ref told) % each == 0).ToArray())
        {
            logs.Remove(log);
            Interlocked.Increment(ref omitted);
        }
    }
}
