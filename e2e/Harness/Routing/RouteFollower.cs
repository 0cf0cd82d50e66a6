using Federation.Harness.Following;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Routing;

/// <summary>
/// Keeps the configuration of an ingress by what an API server has of Ingress objects, or of the Gateway API, and of what these refer
/// to. The ingress, a pod, sees the folder: nginx does not know Kubernetes.
/// </summary>
internal static class RouteFollower
{
    private static readonly ResourceKind[] Kinds = [ResourceKinds.Service, ResourceKinds.Secret, ResourceKinds.Namespace, ResourceKinds.Ingress, GatewayTable.Gateway, GatewayTable.Route];

    /// <param name="gateway">Namespace, stroke, name.</param>
    internal static Task RunAsync(string kubeconfig, string className, string gateway, string file, CancellationToken ct)
    {
        var own = KeyPair.Make("ingress.invalid");
        Served[] names = [];
        return Follower.RunAsync(
            kubeconfig, Kinds,
            seen =>
            {
                var cluster = new ClusterView(seen[0], seen[1], seen[2]);
                names = [.. IngressTable.Read(seen[3], className, cluster), .. GatewayTable.Read(seen[4], seen[5], gateway, cluster)];
                return RouteTable.Render(names, own);
            },
            text => WriteAsync(file, text, names.Select(n => n.Pair).OfType<KeyPair>().Append(own), ct), ct);
    }

    // The configuration last: what it names is there then.
    private static async Task WriteAsync(string file, string text, IEnumerable<KeyPair> pairs, CancellationToken ct)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(file)!, RouteTable.PairsFolder)).FullName;
        foreach (var pair in pairs) await Follower.ReplaceAsync(Path.Combine(folder, pair.FileName), pair.Pem, ct);
        await Follower.ReplaceAsync(file, text, ct);
    }
}
