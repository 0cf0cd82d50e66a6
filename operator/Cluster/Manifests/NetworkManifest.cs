using System.Text.Json.Nodes;
using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>
/// Default-deny both ways. In: pods of the lease, and namespaces that are no lease's (ingress, gateway, monitoring), unless the
/// datacenter names where its ingress stands: then that alone, by a policy of each route.
/// Out: pods of the lease, name service, and the internet without the datacenter's own ranges.
/// </summary>
internal static class NetworkManifest
{
    // Private, carrier, link-local (cloud metadata) and loopback ranges: RFC 1918, 6598, 3927, 1122.
    private static readonly string[] Closed =
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"];

    public static JsonObject Build(LeaseId id, NetworkRules rules, bool namesIngress) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "NetworkPolicy",
        ["metadata"] = NamespaceManifest.Metadata(id, Names.Isolation),
        ["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject(),
            ["policyTypes"] = new JsonArray("Ingress", "Egress"),
            ["ingress"] = new JsonArray(new JsonObject { ["from"] = Sources(rules, namesIngress) }),
            ["egress"] = new JsonArray(
                new JsonObject { ["to"] = new JsonArray(OwnPods()) },
                new JsonObject { ["to"] = new JsonArray(NameServers()), ["ports"] = new JsonArray(Port("UDP"), Port("TCP")) },
                new JsonObject { ["to"] = new JsonArray(Internet(rules)) }),
        },
    };

    private static JsonArray Sources(NetworkRules rules, bool namesIngress)
    {
        var sources = new JsonArray(OwnPods());
        if (!namesIngress) sources.Add(NoLease());
        foreach (var range in rules.IngressRanges) sources.Add(new JsonObject { ["ipBlock"] = Json.Map(("cidr", range)) });
        return sources;
    }

    private static JsonObject OwnPods() => new() { ["podSelector"] = new JsonObject() };

    private static JsonObject NoLease() => new()
    {
        ["namespaceSelector"] = new JsonObject
        {
            ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = Names.LeaseLabel, ["operator"] = "DoesNotExist" }),
        },
    };

    private static JsonObject NameServers()
    {
        var peer = NoLease();
        peer["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map(("k8s-app", "kube-dns")) };
        return peer;
    }

    private static JsonObject Port(string protocol) => new() { ["protocol"] = protocol, ["port"] = 53 };

    private static JsonObject Internet(NetworkRules rules) => new()
    {
        ["ipBlock"] = new JsonObject
        {
            ["cidr"] = "0.0.0.0/0",
            ["except"] = Json.Texts(Closed.Concat(rules.DeniedRanges).Distinct()),
        },
    };
}

/// <summary>What a datacenter's network adds to the rules of every lease.</summary>
/// <param name="DeniedRanges">CIDRs of nodes, pods or services outside of the private ranges.</param>
/// <param name="IngressRanges">CIDRs outside of the cluster that may reach pods, such as a load balancer's.</param>
public sealed record NetworkRules(IReadOnlyList<string> DeniedRanges, IReadOnlyList<string> IngressRanges)
{
    public static NetworkRules None { get; } = new([], []);
}
