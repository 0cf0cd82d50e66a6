using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Routing;

/// <summary>
/// Names of the HTTPRoutes that hang on one Gateway, as the operator writes them: hosts, one backend. Each of its listeners that the
/// route may hang on serves the name, with the listener's own certificate.
/// </summary>
internal static class GatewayTable
{
    private const string Group = "gateway.networking.k8s.io";

    internal static ResourceKind Gateway { get; } = new(Group, "v1", "gateways", "Gateway");

    internal static ResourceKind Route { get; } = new(Group, "v1", "httproutes", "HTTPRoute");

    /// <param name="name">Namespace, stroke, name.</param>
    internal static IEnumerable<Served> Read(IEnumerable<JsonObject> gateways, IEnumerable<JsonObject> routes, string name, ClusterView cluster) =>
        from gateway in gateways.Where(g => Named(g) == name)
        from route in routes.OrderBy(ClusterView.Key)
        from parent in route["spec"]!["parentRefs"]!.AsArray().OfType<JsonNode>().Where(p => $"{(string?)p["namespace"] ?? ClusterView.Key(route).Space}/{(string)p["name"]!}" == name)
        from listener in gateway["spec"]!["listeners"]!.AsArray().OfType<JsonNode>().Where(l => parent["sectionName"] is not { } section || (string)section! == (string)l["name"]!)
        where IsLetIn(gateway, listener, route, cluster)
        from host in route["spec"]!["hostnames"]!.AsArray().Select(h => (string)h!).Where(h => IsOf(listener, h))
        let backend = route["spec"]!["rules"]![0]!["backendRefs"]![0]!
        let address = cluster.AddressOf(ClusterView.Key(route).Space, backend["name"]!, backend["port"]!)
        where address is not null
        let isSafe = (string)listener["protocol"]! == "HTTPS"
        select new Served(host, isSafe, address, isSafe ? cluster.PairOf(ClusterView.Key(gateway).Space, listener["tls"]!["certificateRefs"]![0]!["name"], host) : null);

    private static string Named(JsonObject gateway) => $"{ClusterView.Key(gateway).Space}/{ClusterView.Key(gateway).Name}";

    private static bool IsLetIn(JsonObject gateway, JsonNode listener, JsonObject route, ClusterView cluster)
    {
        // The server writes the defaults: from its own namespace alone.
        var allowed = listener["allowedRoutes"]!["namespaces"]!;
        var space = ClusterView.Key(route).Space;
        return (string)allowed["from"]! switch
        {
            "All" => true,
            "Selector" => cluster.HasLabels(space, allowed["selector"]!["matchLabels"]!.AsObject()),
            _ => space == ClusterView.Key(gateway).Space,
        };
    }

    private static bool IsOf(JsonNode listener, string host) => (string?)listener["hostname"] switch
    {
        null => true,
        ['*', .. var domain] => host.EndsWith(domain, StringComparison.Ordinal),
        var name => name == host,
    };
}
