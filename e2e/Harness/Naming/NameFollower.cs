using Federation.Harness.Following;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Naming;

/// <summary>
/// Keeps a hosts file by what an API server says of Services. The name server of the datacenter, a pod, reads it whenever it
/// is another: dnsmasq speaks the protocol, and does not know Kubernetes.
/// </summary>
internal static class NameFollower
{
    private static readonly ResourceKind[] Kinds = [ResourceKinds.Service, new("", "v1", "endpoints", "Endpoints")];

    internal static Task RunAsync(string kubeconfig, string folder, CancellationToken ct) => Follower.RunAsync(
        kubeconfig, Kinds, seen => NameTable.Render(seen[0], seen[1]), table => Follower.ReplaceAsync(Path.Combine(folder, "services"), table, ct), ct);
}
