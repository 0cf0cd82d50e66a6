using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Client;

namespace Federation.Cluster;

/// <summary>
/// Enlarges volumes whose lease was amended to larger ones. The right to do so the operator gives itself in the namespaces of these
/// leases alone: other volumes of the cluster are none of its business.
/// </summary>
internal sealed class VolumeGrower(KubernetesClient client, ClusterCache cache, ClusterWriter writer)
{
    private const string Rbac = "rbac.authorization.k8s.io";

    private string? user;

    /// <summary>No claim of a volume of the workload asks for less than it afterwards.</summary>
    /// <exception cref="ClusterException">The cluster refuses; or the right to it is new, and the next pass uses it.</exception>
    public async Task EnsureAsync(LeaseId id, WorkloadSpec workload, CancellationToken cancellation)
    {
        var small = cache.Volumes.In(id.Namespace).Select(c => (Claim: c, MiB: Missing(workload, ItemMapper.ToClaim(c)))).Where(c => c.MiB > 0).ToArray();
        if (small.Length == 0) return;
        await GrantAsync(id, cancellation);
        foreach (var (claim, mib) in small)
            await writer.PatchAsync(cache.Volumes, claim, p => p.Replace(Amount.MiB(mib), "spec", "resources", "requests", "storage"), cancellation);
    }

    private static uint Missing(WorkloadSpec workload, ClaimFact? claim) =>
        claim is not null && VolumeRules.SizeOf(workload, claim) is { } wanted && wanted > claim.MiB ? wanted : 0;

    private async Task GrantAsync(LeaseId id, CancellationToken cancellation)
    {
        user ??= await SelfIdentity.FindAsync(client, cancellation)
            ?? throw new ClusterException("OperatorUnknown", "The API server does not tell who this operator is, so it cannot be given the right to enlarge volumes: let it create tokenreviews (before Kubernetes 1.28).", isTransient: true);
        var binding = Binding(id, user);
        var seen = cache.Find(binding);
        if (seen is not null && ManifestComparer.Holds(seen, binding)) return;
        await writer.EnsureAsync(cache.Of(binding), seen, binding, cancellation);
        throw new ClusterException("VolumesGrow", $"The right to enlarge volumes in {id.Namespace} has just been given: it is used in a moment.", isTransient: true);
    }

    private static JsonObject Binding(LeaseId id, string user) => new()
    {
        ["apiVersion"] = Rbac + "/v1",
        ["kind"] = "RoleBinding",
        ["metadata"] = NamespaceManifest.Metadata(id, Names.VolumesRole),
        ["roleRef"] = Json.Map(("apiGroup", Rbac), ("kind", "ClusterRole"), ("name", Names.VolumesRole)),
        ["subjects"] = new JsonArray(Json.Map(("apiGroup", Rbac), ("kind", "User"), ("name", user))),
    };
}
