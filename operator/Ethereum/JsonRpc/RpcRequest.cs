namespace Federation.Ethereum.JsonRpc;

/// <summary>One JSON-RPC call.</summary>
/// <param name="Method">For instance <c>eth_call</c>.</param>
/// <param name="Parameters">Serialised in order; see <see cref="EthereumJson"/> for the forms.</param>
public sealed record RpcRequest(string Method, params IReadOnlyList<object?> Parameters)
{
    // Named one by one: what is not known to be a read is sent once only.
    private static readonly HashSet<string> Reads =
    [
        "eth_chainId", "eth_blockNumber", "eth_call", "eth_estimateGas", "eth_feeHistory", "eth_gasPrice",
        "eth_maxPriorityFeePerGas", "eth_syncing", "net_version", "web3_clientVersion",
    ];

    /// <summary>True if a repetition has no effect beyond the first, so that a transport fault may be retried.</summary>
    public bool IsIdempotentRead => Method.StartsWith("eth_get", StringComparison.Ordinal) || Reads.Contains(Method);
}
