using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Networks;
using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>
/// Default-deny both ways. In: pods of the lease, and the addresses that the datacenter names; what is routed or exposed has a policy
/// of its own, and what comes from the node itself, as probes do, no policy stops.
/// Out: pods of the lease, name service, and the internet without the datacenter's own ranges.
/// </summary>
internal static class NetworkManifest
{
    private const string Anywhere = "0.0.0.0/0";

    // Without these no operator ever wrote one: private, carrier and link-local (cloud metadata) ranges.
    private static readonly string[] Least = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"];

    private static readonly Dictionary<string, string> NoLabels = [];

    // CoreDNS and kube-dns as they are installed everywhere, the cache on each node where there is one, and OpenShift's:
    // https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns and https://docs.openshift.com (DNS Operator).
    private static readonly NameServer[] Usual =
    [
        new(NoLabels, new Dictionary<string, string> { ["k8s-app"] = "kube-dns" }, "", 53),
        new(NoLabels, NoLabels, "169.254.20.10/32", 53),
        new(NoLabels, new Dictionary<string, string> { ["dns.operator.openshift.io/daemonset-dns"] = "default" }, "", 5353),
    ];

    private static readonly string[] Closed = [.. PublicAddress.Special.Select(range => range.ToString())];

    public static JsonObject Build(LeaseId id, NetworkRules rules) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "NetworkPolicy",
        ["metadata"] = NamespaceManifest.Metadata(id, Names.Isolation),
        ["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject(),
            ["policyTypes"] = new JsonArray("Ingress", "Egress"),
            ["ingress"] = new JsonArray(new JsonObject { ["from"] = Sources(rules) }),
            ["egress"] = new JsonArray(
            [
                new JsonObject { ["to"] = new JsonArray(OwnPods()) },
                .. (rules.NameServers is [] ? Usual : rules.NameServers).GroupBy(s => s.Port).Select(Asking),
                new JsonObject { ["to"] = new JsonArray(Internet(rules)) },
            ]),
        },
    };

    /// <summary>
    /// It differs only in where it lets out to, and lets out as an operator does: by another version, or before the datacenter's
    /// addresses changed. It is brought up to date, and nobody is to blame.
    /// </summary>
    public static bool IsEarlier(JsonObject seen, IReadOnlyList<Difference> differences) =>
        differences.All(d => d.Path is ["spec", "egress"]) && seen.Items("spec", "egress").All(rule => rule.Items("to").Any() && rule.Items("to").All(to => IsOwn(rule, to)));

    private static bool IsOwn(JsonObject rule, JsonObject to) => to.At("ipBlock") is not JsonObject block || rule.Items("ports").Any()
        || (block.Text("cidr") == Anywhere && block["except"] is JsonArray except && Least.All(range => except.Any(e => (string?)e == range)));

    private static JsonArray Sources(NetworkRules rules) =>
        new([OwnPods(), .. rules.IngressRanges.Select(range => new JsonObject { ["ipBlock"] = Json.Map(("cidr", range)) })]);

    private static JsonObject OwnPods() => new() { ["podSelector"] = new JsonObject() };

    private static JsonObject Asking(IGrouping<ushort, NameServer> servers) => new()
    {
        ["to"] = Json.List(servers.Select(Peer)),
        ["ports"] = new JsonArray(Port("UDP", servers.Key), Port("TCP", servers.Key)),
    };

    private static JsonObject Peer(NameServer server)
    {
        if (server.Cidr.Length > 0) return new JsonObject { ["ipBlock"] = Json.Map(("cidr", server.Cidr)) };
        // No tenant may pass for one.
        var space = new JsonObject { ["matchExpressions"] = new JsonArray(Json.Map(("key", Names.LeaseLabel), ("operator", "DoesNotExist"))) };
        if (server.NamespaceLabels.Count > 0) space["matchLabels"] = Json.Map(server.NamespaceLabels);
        return new JsonObject { ["namespaceSelector"] = space, ["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map(server.PodLabels) } };
    }

    private static JsonObject Port(string protocol, ushort port) => new() { ["protocol"] = protocol, ["port"] = port };

    private static JsonObject Internet(NetworkRules rules) => new()
    {
        ["ipBlock"] = new JsonObject
        {
            ["cidr"] = Anywhere,
            ["except"] = Json.Texts(Closed.Concat(rules.DeniedRanges).Distinct()),
        },
    };
}

/// <summary>What a datacenter's network adds to the rules of every lease.</summary>
/// <param name="DeniedRanges">CIDRs of nodes, pods or services outside of the private ranges.</param>
/// <param name="IngressRanges">CIDRs outside of the cluster that may reach pods, such as a load balancer's.</param>
public sealed record NetworkRules(IReadOnlyList<string> DeniedRanges, IReadOnlyList<string> IngressRanges)
{
    /// <summary>Where leases may ask for names; empty: where clusters usually have them.</summary>
    public IReadOnlyList<NameServer> NameServers { get; init; } = [];

    public static NetworkRules None { get; } = new([], []);
}
