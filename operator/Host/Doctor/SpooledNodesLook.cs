using System.Net;
using System.Text.Json.Nodes;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Metrics.Spool;

namespace Federation.Host.Doctor;

/// <summary>Whether each node that may run leases has a spool. One that has none is no spool that is away: nobody asks it, and nobody misses what its pods used.</summary>
internal sealed class SpooledNodesLook(KubernetesClient client, OperatorOptions options)
{
    public const string Name = "metering";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        // The look at the spools says which name leads to none.
        if (options.Spool.Urls.Length == 0 || await SpoolCheck.AddressesAsync(options.Spool, cancellation) is not { } spools) return [];
        var nodes = await LeaseNode.ListAsync(client, cancellation);
        return nodes.Length == 0 ? [] : [Judge(nodes, spools, await PodsAsync(cancellation))];
    }

    private Finding Judge(LeaseNode[] nodes, IReadOnlyCollection<IPAddress> spools, ILookup<IPAddress, string> pods)
    {
        // A program of the node itself has the node's address.
        var places = spools.Select(spool => pods[spool].FirstOrDefault() ?? nodes.FirstOrDefault(n => n.Names.Any(name => IPAddress.TryParse(name, out var its) && its.Equals(spool)))?.Name).ToArray();
        var (seen, unplaced) = (places.OfType<string>().ToHashSet(StringComparer.Ordinal), places.Count(p => p is null));
        string[] lacking = [.. nodes.Select(n => n.Name).Where(n => !seen.Contains(n))];
        if (lacking.Length == 0) return Finding.Good(Name, $"all {nodes.Length} nodes that are ready have a spool");
        // Behind addresses that nothing here knows are spools of some nodes: they can be counted, and no more.
        if (lacking.Length <= unplaced) return Finding.Good(Name, $"there are {spools.Count} spools, and {nodes.Length} nodes are ready");
        var found = unplaced > 0 ? $"there are {spools.Count} spools, and {nodes.Length} nodes are ready" : $"of {nodes.Length} nodes that are ready {lacking.Length} have no spool ({LeaseNode.Named(lacking)})";
        return Finding.Bad(Name, $"{found}, and what pods use there after their last scrape is not billed: see what kubectl -n {options.Namespace} get pods -o wide shows of the DaemonSet federation-spool there, and that spool.nodeSelector and spool.tolerations of the chart let it on each node that leases run on");
    }

    /// <returns>On which node the pod with an address is. Of pods that have ended another one may have it now.</returns>
    private async Task<ILookup<IPAddress, string>> PodsAsync(CancellationToken cancellation) => (
        from pod in await NeedsLooks.ListAsync(client, ResourceKinds.Pod, options.Namespace, cancellation)
        where (string?)pod["status"]?["phase"] is not ("Succeeded" or "Failed") && (string?)pod["spec"]?["nodeName"] is { Length: > 0 }
        from one in pod["status"]?["podIPs"] as JsonArray ?? []
        let address = IPAddress.TryParse((string?)one?["ip"], out var parsed) ? parsed : null
        where address is not null
        select (Address: address!, Node: (string)pod["spec"]!["nodeName"]!)).ToLookup(p => p.Address, p => p.Node);
}
