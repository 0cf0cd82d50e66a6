using System.Net.WebSockets;
using System.Text.Json;
using Federation.Ethereum.JsonRpc;

namespace Federation.Ethereum.Client;

/// <summary>One WebSocket with one subscription. Any fault ends it.</summary>
internal sealed class NewHeadConnection : IDisposable
{
    private const int MaxMessageBytes = 1 << 20;
    private readonly ClientWebSocket socket = new();
    private readonly NewHeadOptions options;
    private readonly TimeProvider time;
    private byte[] buffer = new byte[16 * 1024];

    private NewHeadConnection(NewHeadOptions options, TimeProvider time) => (this.options, this.time) = (options, time);

    public static async Task<NewHeadConnection> OpenAsync(Uri endpoint, NewHeadOptions options, TimeProvider time, CancellationToken ct)
    {
        var connection = new NewHeadConnection(options, time);
        try
        {
            await connection.SubscribeAsync(endpoint, ct);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The next head.</summary>
    /// <exception cref="TimeoutException">No message came for too long.</exception>
    public async Task<NewHead> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            var message = await ReceiveAsync(options.IdleTimeout, ct);
            if (message.TryGetProperty("params", out var parameters)
                && parameters.ValueKind == JsonValueKind.Object
                && parameters.TryGetProperty("result", out var head)
                && head.ValueKind == JsonValueKind.Object)
                return head.Deserialize<NewHead>(EthereumJson.Options)!;
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task SubscribeAsync(Uri endpoint, CancellationToken ct)
    {
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
        await WithinAsync(options.ConnectTimeout, async token =>
        {
            await socket.ConnectAsync(endpoint, token);
            var request = """{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"""u8.ToArray();
            await socket.SendAsync(request, WebSocketMessageType.Text, endOfMessage: true, token);
            return true;
        }, ct);
        var answer = await ReceiveAsync(options.ConnectTimeout, ct);
        if (answer.TryGetProperty("error", out var error))
            throw new RpcResponseException("eth_subscribe failed: " + error.GetRawText());
    }

    private Task<JsonElement> ReceiveAsync(TimeSpan limit, CancellationToken ct) => WithinAsync(limit, async token =>
    {
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), token);
            if (part.MessageType == WebSocketMessageType.Close)
                throw new RpcTransportException("the node closed the subscription");
            length += part.Count;
            if (part.EndOfMessage)
                break;
            if (length == MaxMessageBytes)
                throw new RpcTransportException($"a message is longer than {MaxMessageBytes} bytes");
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, MaxMessageBytes));
        }
        var message = JsonSerializer.Deserialize<JsonElement>(buffer.AsSpan(0, length));
        return message.ValueKind == JsonValueKind.Object ? message : throw new RpcTransportException("a message is no object");
    }, ct);

    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> action, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            return await action(linked.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came within {limit}", e);
        }
    }
}
