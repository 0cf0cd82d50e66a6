namespace Federation.Ethereum.JsonRpc;

/// <summary>
/// No valid answer came: connection fault, timeout, HTTP error, or an answer that is no JSON-RPC. It is unknown
/// whether the node acted on the request.
/// </summary>
public sealed class RpcTransportException : Exception
{
    public RpcTransportException()
    {
    }

    public RpcTransportException(string message) : base(message)
    {
    }

    public RpcTransportException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>True if the same request may succeed later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>The wait that the server asked for, if it did.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
