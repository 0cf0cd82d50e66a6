using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Harness.Enforcing;

/// <summary>
/// The NetworkPolicies of one datacenter as an nftables table: pure. It knows what the policies here use, pod and namespace
/// selectors, address blocks and numbered ports; an address that no pod is known by yet sends and gets nothing. What the node
/// itself sends to its pods passes, as Kubernetes wants it.
/// </summary>
internal sealed class PolicyTable
{
    internal const string Name = "network_policy";

    private readonly string podCidr;
    private readonly IReadOnlyList<JsonObject> policies;
    private readonly Dictionary<string, JsonObject> spaces;
    private readonly List<Pod> pods;
    private readonly StringBuilder chains = new();

    private PolicyTable(IEnumerable<JsonObject> spaces, IEnumerable<JsonObject> pods, IReadOnlyList<JsonObject> policies, string podCidr)
    {
        (this.policies, this.podCidr) = (policies, podCidr);
        this.spaces = spaces.ToDictionary(s => (string)s["metadata"]!["name"]!, Labels);
        this.pods = [.. pods.Where(HasAddress).Select(p => new Pod((string)p["metadata"]!["namespace"]!, Labels(p), (string)p["status"]!["podIP"]!)).OrderBy(p => p.Address, StringComparer.Ordinal)];
    }

    /// <summary>What <c>nft -f</c> puts in the place of the table before, in one transaction.</summary>
    internal static string Render(IEnumerable<JsonObject> spaces, IEnumerable<JsonObject> pods, IReadOnlyList<JsonObject> policies, string podCidr) =>
        new PolicyTable(spaces, pods, policies, podCidr).Render();

    private string Render()
    {
        var egress = Verdicts("saddr", "Egress", "egress", "to", "daddr");
        var ingress = Verdicts("daddr", "Ingress", "ingress", "from", "saddr");
        var known = pods.Count == 0 ? "" : $"elements = {Set(pods.Select(p => p.Address))}";
        return $$"""
            table ip {{Name}}
            delete table ip {{Name}}
            table ip {{Name}} {
              set known { type ipv4_addr; {{known}} }
            {{chains}}
              chain forward {
                type filter hook forward priority filter; policy accept;
                ct state established,related accept
                ip saddr {{podCidr}} ip saddr != @known drop
                ip daddr {{podCidr}} ip daddr != @known drop
                {{egress}}
                {{ingress}}
              }
              chain input {
                type filter hook input priority filter; policy accept;
                ct state established,related accept
                ip saddr {{podCidr}} ip saddr != @known drop
                {{egress}}
              }
            }

            """;
    }

    /// <summary>A chain for each pod that a policy of this type selects, and the rule that leads there.</summary>
    private string Verdicts(string own, string type, string rules, string peers, string other)
    {
        var jumps = new List<string>();
        foreach (var pod in pods)
        {
            var selecting = policies.Where(p => Space(p) == pod.Space && Types(p).Contains(type) && Matches(p["spec"]!["podSelector"], pod.Labels)).ToList();
            if (selecting.Count == 0) continue;
            var chain = $"{rules}_{pod.Address.Replace('.', '_')}";
            jumps.Add($"{pod.Address} : jump {chain}");
            chains.AppendLine(CultureInfo.InvariantCulture, $"  chain {chain} {{");
            foreach (var policy in selecting)
                foreach (var rule in List(policy["spec"]![rules]))
                    foreach (var match in Matches(rule, peers, other, pod.Space)) chains.AppendLine(CultureInfo.InvariantCulture, $"    {match} return");
            chains.AppendLine("    drop").AppendLine("  }");
        }

        return jumps.Count == 0 ? "" : $"ip {own} vmap {Set(jumps)}";
    }

    private IEnumerable<string> Matches(JsonNode rule, string peers, string other, string space)
    {
        var named = List(rule[peers]).ToList();
        var from = named.Count == 0 ? [""] : named.Select(peer => Peer(peer, other, space)).OfType<string>();
        var ports = List(rule["ports"]).Select(p => $"{((string?)p["protocol"] ?? "TCP").ToLowerInvariant()} dport {(int)p["port"]!}").DefaultIfEmpty("").ToList();
        return from.SelectMany(peer => ports.Select(port => $"{peer} {port}".Trim()));
    }

    /// <returns>Null when nothing is such a peer.</returns>
    private string? Peer(JsonNode peer, string other, string space)
    {
        if (peer["ipBlock"] is { } block)
        {
            return string.Concat(List(block["except"]).Select(e => $"ip {other} != {(string)e!} ").Prepend($"ip {other} {(string)block["cidr"]!} "));
        }

        var addresses = pods.Where(p => IsOf(peer, p, space)).Select(p => p.Address).ToList();
        return addresses.Count == 0 ? null : $"ip {other} {Set(addresses)}";
    }

    private bool IsOf(JsonNode peer, Pod pod, string space) =>
        (peer["namespaceSelector"] is { } selector ? spaces.TryGetValue(pod.Space, out var labels) && Matches(selector, labels) : pod.Space == space)
        && (peer["podSelector"] is not { } podSelector || Matches(podSelector, pod.Labels));

    private static bool Matches(JsonNode? selector, JsonObject labels) =>
        (selector?["matchLabels"] as JsonObject ?? []).All(wanted => (string?)labels[wanted.Key] == (string?)wanted.Value)
        && List(selector?["matchExpressions"]).All(expression => Holds(expression, (string?)labels[(string)expression["key"]!]));

    private static bool Holds(JsonNode expression, string? value)
    {
        var values = List(expression["values"]).Select(v => (string)v!);
        return (string)expression["operator"]! switch
        {
            "In" => value is not null && values.Contains(value),
            "NotIn" => value is null || !values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            var unknown => throw new HarnessException($"a NetworkPolicy uses the operator {unknown}, which no one knows here"),
        };
    }

    private static bool HasAddress(JsonObject pod) =>
        pod["status"]?["podIP"] is not null && (string?)pod["status"]!["phase"] is not ("Succeeded" or "Failed") && (bool?)pod["spec"]?["hostNetwork"] is not true;

    private static IEnumerable<string> Types(JsonObject policy) => List(policy["spec"]!["policyTypes"]).Select(t => (string)t!);

    private static string Space(JsonObject policy) => (string)policy["metadata"]!["namespace"]!;

    private static JsonObject Labels(JsonObject item) => item["metadata"]!["labels"] as JsonObject ?? [];

    private static IEnumerable<JsonNode> List(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonNode>();

    private static string Set(IEnumerable<string> elements) => "{ " + string.Join(", ", elements) + " }";

    private sealed record Pod(string Space, JsonObject Labels, string Address);
}
