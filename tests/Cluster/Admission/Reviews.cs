using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Admission;

/// <summary>Reviews as the API server writes them.</summary>
internal static class Reviews
{
    public const string Operator = "federation-operator";

    public static JsonObject Workload { get; } = (JsonObject)JsonNode.Parse(
        """{"services":[{"name":"web","image":"registry.example/app:1","resources":{"cpu":"500m","memory":"512Mi"}}]}""")!;

    public static string HashOf(JsonNode workload) =>
        new TestHasher().Keccak256(CanonicalJson.Encode(JsonSerializer.SerializeToElement(workload)));

    /// <summary>A ComputeLease that was matched for <see cref="Workload"/>.</summary>
    public static JsonObject Lease()
    {
        var lease = Cases.Lease(Cases.Terms() with { SpecHash = HashOf(Workload) });
        return LeaseMapper.ToManifest(lease, AdapterFixture.Options().Chain);
    }

    public static AdmissionRequest Request<T>(AdmissionOperation operation, JsonObject? before, JsonObject? after, string user = "0xTenant", string subresource = "", string[]? groups = null)
    {
        var kind = ResourceKind.Of<T>();
        return new AdmissionRequest
        {
            Uid = "u",
            Kind = new GroupVersionKind(kind.Group, kind.Version, kind.Kind),
            Name = (after ?? before).Text("metadata", "name"),
            Namespace = (after ?? before).Text("metadata", "namespace"),
            SubResource = subresource,
            Operation = operation,
            UserInfo = new V1UserInfo { Username = user, Groups = groups ?? ["system:authenticated"] },
            Object = Element(after),
            OldObject = Element(before),
        };
    }

    public static async Task<ValidationResult> UpdateLeaseAsync(IValidationWebhook webhook, JsonObject before, Action<JsonObject> change, string user = "0xTenant", string subresource = "", string[]? groups = null)
    {
        var after = (JsonObject)before.DeepClone();
        change(after);
        return await webhook.ReviewAsync(Request<V1Alpha1ComputeLease>(AdmissionOperation.Update, before, after, user, subresource, groups), default);
    }

    public static IEnumerable<string> Fields(this ValidationResult result) => (result.Status?.Details?.Causes ?? []).Select(c => c.Field!);

    private static JsonElement? Element(JsonObject? tree) => tree is null ? null : JsonSerializer.SerializeToElement(tree, KubernetesJson.Options);
}
