using System.Net;
using System.Net.Sockets;
using Federation.Application.Ports;
using Federation.Cluster.Networks;

namespace Federation.Cluster.Images;

/// <summary>
/// Connects to public addresses alone. What is checked is the address that is then connected to, for every connection: a name
/// that changes its address in between, or a redirect, leads nowhere else.
/// </summary>
/// <param name="denied">Ranges of the datacenter's own outside of the private ones, as they are now.</param>
/// <param name="lookUp">The addresses of a host.</param>
internal sealed class GuardedConnector(Func<IReadOnlyList<IPNetwork>> denied, Func<string, CancellationToken, Task<IPAddress[]>> lookUp)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await lookUp(host, cancellation);
        // One inner address among others is no accident: none of them is tried.
        if (addresses.Any(a => !PublicAddress.Is(a, denied())))
            throw new ImageException("RegistryAddressRefused", $"{host} leads to an address that is not public; only registries on the internet are asked, and those that the datacenter names");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
