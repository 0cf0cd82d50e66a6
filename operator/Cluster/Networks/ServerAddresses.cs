using System.Net;
using System.Net.Sockets;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Networks;

/// <summary>Where the API server answers: as it says itself, and where the operator asks it.</summary>
internal sealed class ServerAddresses(KubernetesClient client)
{
    private const string Service = "kubernetes";

    // Served by every version from 1.20 to 1.36; its successor is not.
    private static readonly ResourceKind Endpoints = new("", "v1", "endpoints", "Endpoints", true);

    /// <exception cref="KubernetesException">It cannot be asked, or the operator has no right to.</exception>
    public async Task<IReadOnlyList<IPAddress>> ReadAsync(CancellationToken cancellation)
    {
        var told = await client.Resource(Endpoints).GetAsync(Service, "default", cancellation);
        var itself = (told?.Items("subsets") ?? []).SelectMany(subset => subset.Items("addresses")).Select(a => IPAddress.TryParse(a.Text("ip"), out var ip) ? ip : null).OfType<IPAddress>();
        return [.. itself, .. await LookUpAsync(client.Configuration.Server, cancellation)];
    }

    // By a name that nobody knows right now it could not have been asked either.
    private static async Task<IPAddress[]> LookUpAsync(Uri server, CancellationToken cancellation)
    {
        try
        {
            return IPAddress.TryParse(server.IdnHost.Trim('[', ']'), out var address) ? [address] : await Dns.GetHostAddressesAsync(server.IdnHost, cancellation);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}
