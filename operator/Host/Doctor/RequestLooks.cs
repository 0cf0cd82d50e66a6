using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Host.Tenancy;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Host.Doctor;

/// <summary>The cluster, as the user that a tenant's operator is: version, rights, and what is said of the ComputeRequests that it serves.</summary>
internal sealed class RequestLooks : IDisposable
{
    private const string Name = "requests";

    // Nobody reads more of them here; kubectl lists all.
    private const int MostTold = 20;

    private readonly KubernetesClient client;
    private readonly TenantOptions options;

    private RequestLooks(KubernetesClient client, TenantOptions options) => (this.client, this.options) = (client, options);

    /// <exception cref="KubeConfigException">There is no cluster to ask.</exception>
    public static RequestLooks Open(TenantOptions options) =>
        new(new KubernetesClient(KubernetesClientConfiguration.Load(options.Kubeconfig is { Length: > 0 } path ? path : null), new KubernetesClientOptions { MaxRetries = 1 }), options);

    public IEnumerable<Look> All =>
    [
        Look.At("kubernetes", ClusterLooks.Server, cancellation => ClusterLooks.VersionAsync(client, cancellation)),
        new Look("rights", ClusterLooks.Server, cancellation => new RightsLook(client, [.. RightsLook.Rights(options)]).RunAsync(cancellation)),
        new Look(Name, ClusterLooks.Server, RequestsAsync),
    ];

    public void Dispose() => client.Dispose();

    private async Task<IReadOnlyList<Finding>> RequestsAsync(CancellationToken cancellation)
    {
        var kind = ResourceKind.Of<V1Alpha1ComputeRequest>();
        if (!await client.Discovery.ServesAsync(kind, cancellation)) return [Finding.Bad(Name, "ComputeRequest is not served: install the chart with crds.enabled, or apply its definition")];
        var all = await NeedsLooks.ListAsync(client, kind, options.ServesAll ? null : options.Watch, cancellation);
        var where = options.ServesAll ? "in all namespaces" : $"in namespace {options.Watch}";
        if (all.Count == 0) return [Finding.Note(Name, $"there are none {where} yet: helm get notes prints one to apply")];
        var told = all.SelectMany(Told).ToArray();
        var left = told.Length - MostTold;
        return
        [
            Finding.Good(Name, $"{all.Count} are served {where}"),
            // What ends for lack of money is told before what only waits.
            .. told.OrderByDescending(f => f.Verdict).Take(MostTold), .. left > 0 ? [Finding.Note(Name, $"{left} more are not as they should be: kubectl get computerequests -A")] : Array.Empty<Finding>(),
        ];
    }

    // A request waits for whoever sells, and says itself what would help. Money is the tenant's to bring.
    private static IEnumerable<Finding> Told(JsonObject request)
    {
        var name = $"{(string?)request["metadata"]?["namespace"]}/{(string?)request["metadata"]?["name"]}";
        var conditions = (request["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>().ToDictionary(c => (string)c["type"]!);
        if (conditions.Count == 0) yield return Finding.Note(Name, $"no operator has looked at {name} yet: see in its log why none leads");
        if (conditions.GetValueOrDefault("Funded") is { } funded && (string?)funded["status"] == "False") yield return Finding.Bad(Name, $"{name}: {ClusterLooks.Text(funded)}");
        if (conditions.GetValueOrDefault("Ready") is { } ready && (string?)ready["status"] != "True") yield return Finding.Note(Name, $"{name}: {ClusterLooks.Text(ready)}");
    }
}
