using System.Net;
using System.Net.Sockets;

namespace Federation.Host.Tests.Alerts;

/// <summary>A TCP connection to a port of the loopback that can be made too slow for what is sent through it.</summary>
internal sealed class SlowLink : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2.5);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly int port;

    /// <param name="port">Where it leads to.</param>
    public SlowLink(int port)
    {
        this.port = port;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>After each two KiB of what is said a pause is made.</summary>
    public bool IsSlow { get; set; }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = LeadAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The tests are over.
        }
    }

    private async Task LeadAsync(TcpClient from)
    {
        using var near = from;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, port, stop.Token);
            await Task.WhenAny(CopyAsync(near.GetStream(), far.GetStream(), canBeSlow: true), CopyAsync(far.GetStream(), near.GetStream(), canBeSlow: false));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // One of the two has gone: so does the other.
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, bool canBeSlow)
    {
        var buffer = new byte[2048];
        while (await from.ReadAsync(buffer, stop.Token) is > 0 and var length)
        {
            await to.WriteAsync(buffer.AsMemory(0, length), stop.Token);
            // A handshake is shorter. What is long arrives, but for its end.
            if (canBeSlow && IsSlow && length == buffer.Length) await Task.Delay(Pause, TimeProvider.System, stop.Token);
        }
    }
}
