using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>Everything that keeps a lease from its neighbours and its datacenter; the namespace comes first.</summary>
internal static class IsolationManifests
{
    /// <param name="gpus">Devices by extended resource name; 0 for those that the lease did not buy.</param>
    /// <param name="ports">What the datacenter lets out of the cluster.</param>
    public static IReadOnlyList<JsonObject> Build(
        LeaseId id, LeaseTerms terms, NetworkRules rules, IReadOnlyDictionary<string, uint> gpus, PortPolicy ports) =>
    [
        NamespaceManifest.Build(id),
        NetworkManifest.Build(id, rules),
        QuotaManifest.Build(id, terms.Resources, gpus, ports),
        QuotaManifest.BuildLimits(id, terms.Resources),
        TenantManifest.Binding(id, terms),
    ];

    /// <summary>SHA-256 of the manifests' JSON, hex.</summary>
    public static string Hash(IEnumerable<JsonObject> manifests) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', manifests.Select(m => m.ToJsonString())))));
}
