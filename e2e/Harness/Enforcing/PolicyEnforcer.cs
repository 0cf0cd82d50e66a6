using Federation.Harness.Following;
using Federation.Harness.Machine;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Enforcing;

/// <summary>
/// Test equipment: the bridge network of a started datacenter enforces no NetworkPolicy, this does. It runs in the datacenter's
/// network namespace and follows its API server; asked to end, it leaves the network as open as it found it.
/// </summary>
internal static class PolicyEnforcer
{
    // Traffic between two pods of a node is bridged: without this it never comes by a table of addresses.
    private const string Bridged = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    private static readonly ResourceKind[] Kinds = [ResourceKinds.Namespace, ResourceKinds.Pod, ResourceKinds.NetworkPolicy];

    /// <param name="tableFile">Where the table that is in force is kept, for people to read.</param>
    internal static async Task RunAsync(string kubeconfig, string podCidr, string tableFile, CancellationToken ct)
    {
        if (!File.Exists(Bridged)) await Command.TryAsync("modprobe", ["br_netfilter"], ct);
        await File.WriteAllTextAsync(Bridged, "1", ct);
        try
        {
            await Follower.RunAsync(kubeconfig, Kinds, seen => PolicyTable.Render(seen[0], seen[1], seen[2], podCidr), async table =>
            {
                await File.WriteAllTextAsync(tableFile, table, ct);
                await Command.RunAsync("nft", ["-f", tableFile], ct);
            }, ct);
        }
        finally
        {
            await Command.TryAsync("nft", ["delete", "table", "ip", PolicyTable.Name], CancellationToken.None);
        }
    }
}
