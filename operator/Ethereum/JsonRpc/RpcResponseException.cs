using System.Text.Json;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.JsonRpc;

/// <summary>The node answered with an error.</summary>
public sealed class RpcResponseException : Exception
{
    /// <summary>Geth's code for reverted execution; others follow it.</summary>
    public const int ExecutionReverted = 3;

    public RpcResponseException()
    {
        RpcMessage = "";
    }

    public RpcResponseException(string message) : base(message)
    {
        RpcMessage = message;
    }

    public RpcResponseException(string message, Exception innerException) : base(message, innerException)
    {
        RpcMessage = message;
    }

    /// <summary>An error object: method called, JSON-RPC code, message and data.</summary>
    public RpcResponseException(string method, long code, string message, JsonElement? data)
        : base($"{method} failed: {message} (code {code})")
    {
        (Method, Code, RpcMessage, ErrorData) = (method, code, message, data);
        RevertData = data is { } found ? FindHex(found, 0) : null;
    }

    public string Method { get; } = "";

    /// <summary>The JSON-RPC error code.</summary>
    public long Code { get; }

    /// <summary>The node's own words.</summary>
    public string RpcMessage { get; }

    /// <summary>The error's data as sent.</summary>
    public JsonElement? ErrorData { get; }

    /// <summary>What the reverted contract returned, or null if the node sent none.</summary>
    public byte[]? RevertData { get; }

    /// <summary>True if a contract refused, rather than the node.</summary>
    public bool IsRevert => RevertData is not null || Code == ExecutionReverted;

    /// <summary>The revert reason with the given custom errors known; null if this is no revert.</summary>
    public RevertReason? Revert(IEnumerable<ErrorAbi>? customErrors = null) =>
        IsRevert ? RevertReason.Decode(RevertData ?? [], customErrors) : null;

    // Geth and Anvil send the bytes as text; others wrap them in one or two objects, or prefix them with "Reverted ".
    private static byte[]? FindHex(JsonElement data, int depth)
    {
        if (data.ValueKind == JsonValueKind.Object && depth < 3)
        {
            foreach (var name in (string[])["data", "result", "originalError"])
            {
                if (data.TryGetProperty(name, out var inner) && FindHex(inner, depth + 1) is { } found)
                    return found;
            }
        }
        if (data.ValueKind != JsonValueKind.String)
            return null;
        var text = data.GetString()!;
        var start = text.StartsWith("Reverted ", StringComparison.Ordinal) ? 9 : 0;
        try
        {
            return Hex.Decode(text[start..]);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
