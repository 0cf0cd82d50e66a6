using System.Text.Json;

namespace Federation.Ethereum.JsonRpc;

/// <summary>The bytes of JSON-RPC 2.0 requests and answers.</summary>
internal static class RpcWire
{
    public static byte[] Write(RpcRequest[] requests, long firstId)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            if (requests.Length > 1)
                writer.WriteStartArray();
            for (var i = 0; i < requests.Length; i++)
                WriteOne(writer, requests[i], firstId + i);
            if (requests.Length > 1)
                writer.WriteEndArray();
        }
        return stream.ToArray();
    }

    public static bool LooksLikeAnswer(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
                root = root[0];
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("jsonrpc", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static RpcResult[] Read(RpcRequest[] requests, long firstId, byte[] body)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(body);
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            // Transient: proxies in front of a restarting node answer with pages of HTML.
            throw new RpcTransportException("the answer is no JSON", e) { IsTransient = true };
        }
        if (root.ValueKind == JsonValueKind.Object)
            return ReadObject(requests, firstId, root);
        if (root.ValueKind != JsonValueKind.Array)
            throw new RpcTransportException("the answer is neither an object nor an array");
        var results = new RpcResult?[requests.Length];
        foreach (var answer in root.EnumerateArray())
        {
            var index = Id(answer) - firstId;
            if (index is not null && index >= 0 && index < requests.Length)
                results[index.Value] = ReadOne(requests[index.Value].Method, answer);
        }
        var missing = Array.IndexOf(results, null);
        return missing < 0 ? results.OfType<RpcResult>().ToArray() : throw new RpcTransportException($"the batch has no answer to {requests[missing].Method}");
    }

    private static RpcResult[] ReadObject(RpcRequest[] requests, long firstId, JsonElement answer)
    {
        if (requests.Length == 1)
        {
            // Errors may come with a null id; a result with another id answers somebody else.
            if (Id(answer) != firstId && !(answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object))
                throw new RpcTransportException($"the answer to {requests[0].Method} has another id");
            return [ReadOne(requests[0].Method, answer)];
        }
        // Nodes refuse a whole batch with one error object.
        return [.. requests.Select(r => ReadOne(r.Method, answer) is { Error: not null } refused
            ? refused
            : throw new RpcTransportException("one result answers a batch"))];
    }

    private static RpcResult ReadOne(string method, JsonElement answer)
    {
        if (answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            return new RpcResult(method, default, ReadError(method, error));
        return answer.TryGetProperty("result", out var result)
            ? new RpcResult(method, result, null)
            : throw new RpcTransportException($"the answer to {method} has neither result nor error");
    }

    private static RpcResponseException ReadError(string method, JsonElement error)
    {
        var code = error.TryGetProperty("code", out var c) && c.ValueKind == JsonValueKind.Number && c.TryGetInt64(out var number) ? number : 0;
        var message = error.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.String ? m.GetString()! : "no message";
        return new RpcResponseException(method, code, message, error.TryGetProperty("data", out var data) ? data : null);
    }

    private static long? Id(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("id", out var id)
        && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var value) ? value : null;

    private static void WriteOne(Utf8JsonWriter writer, RpcRequest request, long id)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc", "2.0");
        writer.WriteNumber("id", id);
        writer.WriteString("method", request.Method);
        writer.WriteStartArray("params");
        foreach (var parameter in request.Parameters)
            JsonSerializer.Serialize(writer, parameter, parameter?.GetType() ?? typeof(object), EthereumJson.Options);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
