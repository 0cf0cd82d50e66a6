using System.Text.Json;

namespace Federation.Ethereum.JsonRpc;

/// <summary>The outcome of one call: a result or the node's error.</summary>
public sealed class RpcResult
{
    private readonly string method;
    private readonly JsonElement result;

    internal RpcResult(string method, JsonElement result, RpcResponseException? error) =>
        (this.method, this.result, Error) = (method, result, error);

    /// <summary>The node's error, or null on success.</summary>
    public RpcResponseException? Error { get; }

    /// <summary>Reads the result.</summary>
    /// <exception cref="RpcResponseException">The node answered with an error.</exception>
    /// <exception cref="RpcTransportException">The result is not of this type.</exception>
    public T Get<T>()
    {
        if (Error is not null)
            throw Error;
        try
        {
            var value = result.Deserialize<T>(EthereumJson.Options);
            if (value is null && default(T) is not null)
                throw new JsonException("null");
            return value!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new RpcTransportException($"the result of {method} is not a {typeof(T).Name}: {e.Message}", e);
        }
    }
}
