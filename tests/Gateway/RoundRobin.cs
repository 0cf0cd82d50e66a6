using System.Net;
using System.Net.Sockets;

namespace Federation.Gateway.Tests;

/// <summary>What a Service is to a client: one address, each connection led to the next of several replicas.</summary>
internal sealed class RoundRobin : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public RoundRobin(params Uri[] replicas)
    {
        listener.Start();
        accepting = AcceptAsync(replicas);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync(Uri[] replicas)
    {
        var connections = new List<Task>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var client = await listener.AcceptTcpClientAsync(stop.Token).AsTask().ContinueWith(t => t.IsCompletedSuccessfully ? t.Result : null, TaskScheduler.Default);
            if (client is not null) connections.Add(PassAsync(client, replicas[i % replicas.Length]));
        }

        await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PassAsync(TcpClient client, Uri replica)
    {
        using var near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(replica.Host, replica.Port, stop.Token);
        await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream(), stop.Token), far.GetStream().CopyToAsync(near.GetStream(), stop.Token));
    }
}
