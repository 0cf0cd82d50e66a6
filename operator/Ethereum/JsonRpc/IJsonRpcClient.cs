namespace Federation.Ethereum.JsonRpc;

/// <summary>Sends JSON-RPC calls to one node.</summary>
public interface IJsonRpcClient
{
    /// <summary>Sends one call and reads its result. A null result is <c>default</c>: allow it in the type.</summary>
    /// <exception cref="RpcResponseException">The node answered with an error.</exception>
    /// <exception cref="RpcTransportException">No valid answer came.</exception>
    Task<T> SendAsync<T>(RpcRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends many calls in as few HTTP requests as the batch limit allows. Results stand in the order of the requests;
    /// one that failed does not touch the others.
    /// </summary>
    /// <exception cref="RpcTransportException">No valid answer came.</exception>
    Task<IReadOnlyList<RpcResult>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default);
}
