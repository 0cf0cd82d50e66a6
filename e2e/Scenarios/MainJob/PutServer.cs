using System.Collections.Concurrent;
using System.Net;
using Federation.Harness;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// A server that a tenant's data is put to. It has a public address, on the datacenter's own loopback alone, from where a relay leads out
/// to the test: no private range is open to a lease, nor one that is set aside for documentation.
/// </summary>
internal sealed class PutServer(MainJobFixture fixture) : IAsyncDisposable
{
    private const string Address = "9.9.9.20";
    private const int Port = 18090;
    private const string Relay = "bravo/put-relay";

    private readonly HttpListener listener = new();

    /// <summary>What was put, by path with query.</summary>
    public ConcurrentDictionary<string, byte[]> Taken { get; } = new();

    /// <summary>Paths that are answered with 403.</summary>
    public ConcurrentDictionary<string, bool> Closed { get; } = new();

    public static string UrlOf(string path) => $"http://{Address}:{Port}{path}";

    public async Task StartAsync()
    {
        listener.Prefixes.Add($"http://*:{Port}/");
        listener.Start();
        _ = ServeAsync();
        await IpAsync("add");
        Parts.Launch(fixture.Federation, Relay, "/usr/bin/socat", [$"TCP-LISTEN:{Port},bind={Address},fork,reuseaddr", $"TCP:{fixture.Federation.HostAddress}:{Port}"], inside: fixture.Datacenter);
    }

    public async ValueTask DisposeAsync()
    {
        await fixture.Faults.StopAsync(Relay);
        await IpAsync("del");
        listener.Close();
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
            try
            {
                await TakeAsync(await listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The other side has hung up, or the story is over.
            }
    }

    private async Task TakeAsync(HttpListenerContext context)
    {
        // Its host is the relay's: only the path counts.
        var path = context.Request.RawUrl!;
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        context.Response.StatusCode = Closed.ContainsKey(path) ? 403 : 201;
        if (context.Request.HttpMethod == "PUT" && context.Response.StatusCode == 201) Taken[path] = body.ToArray();
        context.Response.Close();
    }

    private Task<string> IpAsync(string verb) => Command.RunAsync("ip", ["-n", fixture.Datacenter.Parts.NetworkNamespace, "addr", verb, $"{Address}/32", "dev", "lo"]);
}
