using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Metrics.Prometheus;

namespace Federation.Host.Doctor;

/// <summary>Whether the store has the kubelet of each node that may run leases: on one that it lacks they are not measured.</summary>
internal sealed class ScrapedNodesLook(KubernetesClient client, OperatorOptions options)
{
    public const string Name = "metering";

    private const string Fix = "scrape their /metrics/cadvisor with the labels of Prometheus:Matchers, and with the label node or an instance that names the node";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var nodes = await LeaseNode.ListAsync(client, cancellation);
        // The look at the store says what it lacks altogether.
        if (nodes.Length == 0 || await new StoreCheck(options.Prometheus, TimeProvider.System).KubeletsAsync(cancellation) is not { Count: > 0 } kubelets) return [];
        return [Judge(nodes, kubelets, isSpooled: options.Spool.Urls.Length > 0)];
    }

    private static Finding Judge(LeaseNode[] nodes, IReadOnlyList<ScrapedKubelet> kubelets, bool isSpooled)
    {
        var seen = kubelets.Select(k => (nodes.FirstOrDefault(n => n.Name == k.Node) ?? nodes.FirstOrDefault(n => n.Names.Contains(k.Host)))?.Name).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var cost = isSpooled ? "of what runs there only the nodes' spools tell" : "what runs there is not billed";
        // Labels of a job's own: they can be counted, and no more.
        if (seen.Count == 0)
            return kubelets.Count >= nodes.Length
                ? Finding.Good(Name, $"the store has {kubelets.Count} kubelets, and {nodes.Length} nodes are ready")
                : Finding.Bad(Name, $"the store has {kubelets.Count} of the kubelets of {nodes.Length} nodes that are ready, and {cost}: {Fix}");
        string[] lacking = [.. nodes.Select(n => n.Name).Where(n => !seen.Contains(n))];
        if (lacking.Length == 0) return Finding.Good(Name, $"the store has the kubelets of all {nodes.Length} nodes that are ready");
        return Finding.Bad(Name, $"of {nodes.Length} nodes that are ready the store lacks the kubelets of {lacking.Length} ({LeaseNode.Named(lacking)}), and {cost}: {Fix}");
    }
}
