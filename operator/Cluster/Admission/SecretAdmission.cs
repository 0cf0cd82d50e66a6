using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>The type of a Secret; what it holds is counted, and nobody's business here.</summary>
[KubernetesEntity(Kind = "Secret", PluralName = "secrets")]
internal sealed record SecretKind : KubernetesObject, IReadModel
{
    public const string ServiceAccountToken = "kubernetes.io/service-account-token";

    public string? Type { get; init; }
}

/// <summary>
/// A tenant's Secrets, within <see cref="HeldData"/>. One of the type <see cref="SecretKind.ServiceAccountToken"/> makes Kubernetes write
/// a service account's token into it: an identity in the cluster, which no workload is to have.
/// </summary>
internal sealed class SecretAdmission(string operatorUser) : ValidationWebhook<JsonObject>(ResourceKind.Of<SecretKind>())
{
    public override ValueTask<ValidationResult> CreateAsync(JsonObject entity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(null, entity, request));

    // The type cannot be changed afterwards; a Secret may still be replaced by one of another.
    public override ValueTask<ValidationResult> UpdateAsync(JsonObject oldEntity, JsonObject newEntity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(oldEntity, newEntity, request));

    private ValidationResult Review(JsonObject? before, JsonObject after, AdmissionRequest request)
    {
        var causes = Faults(before, after, request).ToArray();
        return causes.Length == 0 ? Success() : ValidationResult.Invalid(request, causes);
    }

    private IEnumerable<V1StatusCause> Faults(JsonObject? before, JsonObject after, AdmissionRequest request)
    {
        if (after.Text("type") == SecretKind.ServiceAccountToken && !request.UserInfo.IsControlPlane())
            yield return new V1StatusCause { Reason = "FieldValueForbidden", Field = "type", Message = $"{SecretKind.ServiceAccountToken} would give an identity in the cluster, which a lease has none of." };
        if (!request.UserInfo.IsStranger(operatorUser)) yield break;
        foreach (var fault in HeldData.Faults(before, after, request, "data")) yield return fault;
    }
}
