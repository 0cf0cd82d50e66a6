using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Where a lease's Services answer.</summary>
internal static class EndpointMapper
{
    private static readonly string[] BestFirst = ["ExternalIP", "ExternalDNS", "InternalIP"];

    /// <param name="hostsOf">Addresses of the nodes by which a service's ports are reached from outside.</param>
    public static IEnumerable<LeaseEndpoint> Of(JsonObject service, Func<string, IReadOnlyList<string>> hostsOf)
    {
        if (service.Label(Names.ExposedLabel) is not null) return Exposed(service, service.Label(Names.ItemLabel) ?? "", hostsOf);
        return service.Text("spec", "clusterIP") is { Length: > 0 } address && address != "None"
            ? service.Items("spec", "ports").Select(p => Endpoint(service.Text("metadata", "name") ?? "", p, address, p.Number("port")))
            : [];
    }

    /// <summary>The address by which a node is best reached from outside.</summary>
    public static string? AddressOf(V1Node? node) => BestFirst
        .Select(type => node?.Status?.Addresses?.FirstOrDefault(a => a.Type == type)?.Address).FirstOrDefault(a => a is { Length: > 0 });

    private static IEnumerable<LeaseEndpoint> Exposed(JsonObject service, string item, Func<string, IReadOnlyList<string>> hostsOf)
    {
        var isBalanced = service.Text("spec", "type") == "LoadBalancer";
        var hosts = isBalanced
            ? service.Items("status", "loadBalancer", "ingress").Select(i => i.Text("ip") ?? i.Text("hostname")).OfType<string>()
            : hostsOf(item);
        return from port in service.Items("spec", "ports")
               let number = port.Number(isBalanced ? "port" : "nodePort")
               where number > 0
               from host in hosts
               select Endpoint(item, port, host, number) with { IsExposed = true };
    }

    private static LeaseEndpoint Endpoint(string service, JsonObject port, string address, long number)
    {
        var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        return new LeaseEndpoint(service, port.Text("name") ?? "", $"{Scheme(port)}://{host}:{number}");
    }

    // Nobody says what speaks behind a port; its name is the convention.
    private static string Scheme(JsonObject port) => (port.Text("protocol"), port.Text("name")?.Split('-')[0]) switch
    {
        ("UDP", _) => "udp",
        (_, "http" or "web") => "http",
        (_, "https") => "https",
        _ => "tcp",
    };
}
