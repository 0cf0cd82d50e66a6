using Federation.Application.Ports;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>
/// Nodes of the same chain, all asked as one until whoever reads the chain leaves it for the next: what one node says belongs
/// together, and a call here and a call there would not.
/// </summary>
/// <param name="nodes">In order of preference, with names for people.</param>
public sealed class NodeGroup(IReadOnlyList<(string Name, IJsonRpcClient Client)> nodes, ILogger<NodeGroup> log) : IJsonRpcClient, ILedgerNodes
{
    private int current;

    private IJsonRpcClient Current => nodes[Volatile.Read(ref current)].Client;

    /// <inheritdoc/>
    public Task<T> SendAsync<T>(RpcRequest request, CancellationToken cancellationToken = default) => Current.SendAsync<T>(request, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RpcResult>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default) =>
        Current.SendBatchAsync(requests, cancellationToken);

    /// <inheritdoc/>
    public bool TryNext(string reason)
    {
        if (nodes.Count == 1) return false;
        var left = current;
        var next = (left + 1) % nodes.Count;
        log.LogWarning("Node {Left} is left for {Next}: {Reason}", nodes[left].Name, nodes[next].Name, reason);
        Volatile.Write(ref current, next);
        return next != 0;
    }
}
