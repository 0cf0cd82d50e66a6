using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Harness.Machine;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Harness.Enforcing;

/// <summary>
/// Test equipment: the bridge network of a started datacenter enforces no NetworkPolicy, this does. It runs in the datacenter's
/// network namespace and follows its API server; asked to end, it leaves the network as open as it found it.
/// </summary>
internal static class PolicyEnforcer
{
    // Traffic between two pods of a node is bridged: without this it never comes by a table of addresses.
    private const string Bridged = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    /// <param name="tableFile">Where the table that is in force is kept, for people to read.</param>
    internal static async Task RunAsync(string kubeconfig, string podCidr, string tableFile, CancellationToken ct)
    {
        if (!File.Exists(Bridged)) await Command.TryAsync("modprobe", ["br_netfilter"], ct);
        await File.WriteAllTextAsync(Bridged, "1", ct);
        using var client = new KubernetesClient(KubernetesClientConfiguration.Load(kubeconfig));
        var informers = new InformerSet(client);
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var (spaces, pods, policies) = (Follow(ResourceKinds.Namespace), Follow(ResourceKinds.Pod), Follow(ResourceKinds.NetworkPolicy));
        var following = informers.RunAsync(ct);
        await informers.WaitForSyncAsync(ct);
        try
        {
            for (var before = ""; ; await changes.Reader.ReadAsync(ct))
            {
                var table = PolicyTable.Render(spaces.List(), pods.List(), policies.List(), podCidr);
                if (table == before) continue;
                await File.WriteAllTextAsync(tableFile, table, ct);
                await Command.RunAsync("nft", ["-f", tableFile], ct);
                before = table;
            }
        }
        finally
        {
            await Command.TryAsync("nft", ["delete", "table", "ip", PolicyTable.Name], CancellationToken.None);
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Informer<JsonObject> Follow(ResourceKind kind)
        {
            var informer = informers.Add(kind);
            informer.AddHandler(_ => changes.Writer.TryWrite(true));
            return informer;
        }
    }
}
