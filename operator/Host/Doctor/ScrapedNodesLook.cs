using System.Text.Json.Nodes;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Metrics.Prometheus;

namespace Federation.Host.Doctor;

/// <summary>Whether the store has the kubelet of each node that may run leases: on one that it lacks they are not measured.</summary>
internal sealed class ScrapedNodesLook(KubernetesClient client, OperatorOptions options)
{
    public const string Name = "metering";

    private const int MostNamed = 10;

    // A cordon, or what passes by itself: leases that run there run on.
    private const string OfKubernetes = "node.kubernetes.io/";

    private const string Fix = "scrape their /metrics/cadvisor with the labels of Prometheus:Matchers, and with the label node or an instance that names the node";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var nodes = (await NeedsLooks.ListAsync(client, ResourceKinds.Node, null, cancellation)).Where(RunsLeases).Select(Node.Of).ToArray();
        // The look at the store says what it lacks altogether.
        if (nodes.Length == 0 || await new StoreCheck(options.Prometheus, TimeProvider.System).KubeletsAsync(cancellation) is not { Count: > 0 } kubelets) return [];
        return [Judge(nodes, kubelets, isSpooled: options.Spool.Urls.Length > 0)];
    }

    private static Finding Judge(Node[] nodes, IReadOnlyList<ScrapedKubelet> kubelets, bool isSpooled)
    {
        var seen = kubelets.Select(k => (nodes.FirstOrDefault(n => n.Name == k.Node) ?? nodes.FirstOrDefault(n => n.Names.Contains(k.Host)))?.Name).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var cost = isSpooled ? "of what runs there only the nodes' spools tell" : "what runs there is not billed";
        // Labels of a job's own: they can be counted, and no more.
        if (seen.Count == 0)
            return kubelets.Count >= nodes.Length
                ? Finding.Good(Name, $"the store has {kubelets.Count} kubelets, and {nodes.Length} nodes are ready")
                : Finding.Bad(Name, $"the store has {kubelets.Count} of the kubelets of {nodes.Length} nodes that are ready, and {cost}: {Fix}");
        string[] lacking = [.. nodes.Select(n => n.Name).Where(n => !seen.Contains(n)).Order(StringComparer.Ordinal)];
        if (lacking.Length == 0) return Finding.Good(Name, $"the store has the kubelets of all {nodes.Length} nodes that are ready");
        var named = string.Join(", ", lacking.Take(MostNamed)) + (lacking.Length > MostNamed ? $" and {lacking.Length - MostNamed} more" : "");
        return Finding.Bad(Name, $"of {nodes.Length} nodes that are ready the store lacks the kubelets of {lacking.Length} ({named}), and {cost}: {Fix}");
    }

    // No pod of a lease tolerates an administrator's taint.
    private static bool RunsLeases(JsonObject node) =>
        (node["status"]?["conditions"] as JsonArray ?? []).Any(c => (string?)c?["type"] == "Ready" && (string?)c?["status"] == "True")
        && !(node["spec"]?["taints"] as JsonArray ?? []).Any(t => (string?)t?["effect"] is "NoSchedule" or "NoExecute" && (string?)t?["key"] is { } key && !key.StartsWith(OfKubernetes, StringComparison.Ordinal));

    /// <param name="Names">By which a job may name it: its own, and its addresses.</param>
    private sealed record Node(string Name, IReadOnlySet<string> Names)
    {
        public static Node Of(JsonObject node)
        {
            var name = (string)node["metadata"]!["name"]!;
            return new Node(name, (node["status"]?["addresses"] as JsonArray ?? []).Select(a => (string?)a?["address"]).OfType<string>().Append(name).ToHashSet(StringComparer.Ordinal));
        }
    }
}
