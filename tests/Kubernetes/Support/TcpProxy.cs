using System.Net;
using System.Net.Sockets;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>Passes bytes on to the API server, until told to cut the connections or to fall silent on them.</summary>
internal sealed class TcpProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Lock guard = new();
    private readonly List<Socket> open = [];
    private readonly int target;
    private int accepted;

    public TcpProxy(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Accepted => accepted;

    /// <summary>Resets every open connection; new ones pass.</summary>
    public void Cut()
    {
        lock (guard)
        {
            open.ForEach(socket => socket.Close(0));
            open.Clear();
        }
    }

    /// <summary>Half-open: connections stay, nothing passes any more, in either direction. New connections pass.</summary>
    public void Silence()
    {
        lock (guard)
        {
            open.Clear();
        }
    }

    /// <summary>Cuts everything and listens no more; may be called again.</summary>
    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(stop.Token);
                Interlocked.Increment(ref accepted);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, target);
                lock (guard)
                {
                    open.AddRange([client, server]);
                }

                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[65536];
        try
        {
            while (await from.ReceiveAsync(buffer, stop.Token) is var count and > 0)
            {
                if (!IsMuted(from, to))
                {
                    await to.SendAsync(buffer.AsMemory(0, count), stop.Token);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }

    // Connections that were open when silence fell are no longer in the list.
    private bool IsMuted(Socket from, Socket to)
    {
        lock (guard)
        {
            return !open.Contains(from) && !open.Contains(to);
        }
    }
}
