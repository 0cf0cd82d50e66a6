using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>The type of a Secret; what it holds is nobody's business here.</summary>
[KubernetesEntity(Kind = "Secret", PluralName = "secrets")]
internal sealed record SecretKind : KubernetesObject, IReadModel
{
    public const string ServiceAccountToken = "kubernetes.io/service-account-token";

    public string? Type { get; init; }
}

/// <summary>
/// A Secret of this type makes Kubernetes write a service account's token into it: an identity in the cluster, which no
/// workload is to have.
/// </summary>
internal sealed class SecretAdmission : ValidationWebhook<SecretKind>
{
    public override ValueTask<ValidationResult> CreateAsync(SecretKind entity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(entity, request));

    // The type cannot be changed afterwards; a Secret may still be replaced by one of another.
    public override ValueTask<ValidationResult> UpdateAsync(SecretKind oldEntity, SecretKind newEntity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(newEntity, request));

    private static ValidationResult Review(SecretKind secret, AdmissionRequest request) =>
        secret.Type == SecretKind.ServiceAccountToken && !request.UserInfo.IsControlPlane()
            ? ValidationResult.Invalid(request, [new V1StatusCause { Reason = "FieldValueForbidden", Field = "type", Message = $"{SecretKind.ServiceAccountToken} would give an identity in the cluster, which a lease has none of." }])
            : Success();
}
