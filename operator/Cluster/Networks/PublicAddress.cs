using System.Net;
using System.Net.Sockets;

namespace Federation.Cluster.Networks;

/// <summary>
/// Which addresses are the internet's, after IANA's special-purpose registries. What tenants name and what their pods reach must
/// lead nowhere else: not to this machine, the datacenter's network, or a cloud's metadata.
/// </summary>
internal static class PublicAddress
{
    /// <summary>All of version 4 that is not the internet's, whoever asks: the operator a registry, or a tenant's pod the network.</summary>
    public static IReadOnlyList<IPNetwork> Special { get; } =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        }.Select(range => IPNetwork.Parse(range)),
    ];

    // Of what is global unicast in version 6: protocols, tunnels that hold a version 4 address, documentation.
    private static readonly IPNetwork[] Special6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(range => IPNetwork.Parse(range))];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <param name="denied">Ranges of the datacenter's own outside of the private ones.</param>
    public static bool Is(IPAddress address, IReadOnlyList<IPNetwork> denied)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var isUnicast = address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address);
        return isUnicast && !Special.Concat(Special6).Concat(denied).Any(range => range.Contains(address));
    }
}
