using System.Text.Json.Nodes;

namespace Federation.Harness.Routing;

/// <summary>
/// Names of the Ingress objects of one class, as the operator writes them: hosts, one path, Services by number. A certificate is for
/// the hosts that its own Ingress names, whatever names are in it, and who asks for such a host by HTTP is sent on to HTTPS: both as
/// ingress-nginx does.
/// </summary>
internal static class IngressTable
{
    internal static IEnumerable<Served> Read(IEnumerable<JsonObject> ingresses, string className, ClusterView cluster) =>
        ingresses.Where(i => (string?)i["spec"]!["ingressClassName"] == className).OrderBy(ClusterView.Key).SelectMany(i => Read(i, cluster));

    private static IEnumerable<Served> Read(JsonObject ingress, ClusterView cluster)
    {
        var space = ClusterView.Key(ingress).Space;
        foreach (var rule in ingress["spec"]!["rules"]!.AsArray().OfType<JsonNode>())
        {
            var (host, backend) = ((string)rule["host"]!, rule["http"]!["paths"]![0]!["backend"]!["service"]!);
            if (cluster.AddressOf(space, backend["name"]!, backend["port"]!["number"]!) is not { } address) continue;
            var tls = ingress["spec"]!["tls"]?.AsArray().FirstOrDefault(t => t!["hosts"]!.AsArray().Any(h => (string)h! == host));
            yield return new Served(host, false, tls is null ? address : null);
            if (tls is not null) yield return new Served(host, true, address, cluster.PairOf(space, tls["secretName"], host));
        }
    }
}
