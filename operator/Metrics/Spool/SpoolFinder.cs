using System.Net;
using System.Net.Sockets;
using Federation.Application.Ports;
using Federation.Metrics.Prometheus;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Spool;

/// <summary>One node's spool.</summary>
/// <param name="Any">Answers with what it has.</param>
/// <param name="Whole">Answers for a time in which it missed no pod, and else not at all.</param>
internal sealed record NodeSpool(IUsageSource Whole, PrometheusUsageSource Any);

/// <summary>The spools that there are now: one at every address of every name.</summary>
internal sealed class SpoolFinder(SpoolSourceOptions options, string cgroupRoot, TimeProvider clock, ILogger<PrometheusUsageSource> log)
{
    private Dictionary<(Uri, IPAddress), NodeSpool> found = [];

    /// <exception cref="UsageUnavailableException">A name resolves to nothing.</exception>
    public async Task<IReadOnlyList<NodeSpool>> FindAsync(CancellationToken cancellation)
    {
        var now = new Dictionary<(Uri, IPAddress), NodeSpool>();
        foreach (var url in options.Urls)
            foreach (var address in await AddressesAsync(url, cancellation))
                now[(url, address)] = found.TryGetValue((url, address), out var known) ? known : Source(url, address);
        // Those of nodes that are gone go with their connections.
        found = now;
        return [.. now.Values];
    }

    /// <exception cref="UsageUnavailableException">The name resolves to nothing.</exception>
    internal static async Task<IPAddress[]> AddressesAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(url.DnsSafeHost, cancellation);
        }
        catch (SocketException e)
        {
            throw new UsageUnavailableException($"The spools' name {url.DnsSafeHost} cannot be resolved: {e.Message}", e);
        }
    }

    /// <summary>To this one of them: the address says which node it is; the name, what its certificate is for.</summary>
    internal static SocketsHttpHandler Handler(StoreOptions settings, Uri url, IPAddress address)
    {
        var handler = StoreTls.Handler(settings);
        handler.ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, url.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
        return handler;
    }

    private NodeSpool Source(Uri url, IPAddress address)
    {
        var settings = options.Of(url, cgroupRoot);
        var http = new HttpClient(Handler(settings, url, address)) { Timeout = Timeout.InfiniteTimeSpan };
        var any = options.Of(url, cgroupRoot);
        any.AcceptWarnings = true;
        return new NodeSpool(new PrometheusUsageSource(http, settings, clock, log), new PrometheusUsageSource(http, any, clock, log));
    }
}
