using System.Text.Json.Nodes;
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
                new JsonObject { ["to"] = new JsonArray(OwnPods()) },
                new JsonObject { ["to"] = new JsonArray(NameServers()), ["ports"] = new JsonArray(Port("UDP"), Port("TCP")) },
                new JsonObject { ["to"] = new JsonArray(Internet(rules)) }),
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

    private static JsonObject NameServers() => new()
    {
        // No tenant may pass for one.
        ["namespaceSelector"] = new JsonObject
        {
            ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = Names.LeaseLabel, ["operator"] = "DoesNotExist" }),
        },
        ["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map(("k8s-app", "kube-dns")) },
    };

    private static JsonObject Port(string protocol) => new() { ["protocol"] = protocol, ["port"] = 53 };

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
    public static NetworkRules None { get; } = new([], []);
}
