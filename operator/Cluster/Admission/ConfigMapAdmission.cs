using System.Text.Json.Nodes;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>A tenant's ConfigMaps, within <see cref="HeldData"/>.</summary>
internal sealed class ConfigMapAdmission(string operatorUser) : ValidationWebhook<JsonObject>(ResourceKinds.ConfigMap)
{
    public override ValueTask<ValidationResult> CreateAsync(JsonObject entity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(null, entity, request));

    public override ValueTask<ValidationResult> UpdateAsync(JsonObject oldEntity, JsonObject newEntity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(oldEntity, newEntity, request));

    private ValidationResult Review(JsonObject? before, JsonObject after, AdmissionRequest request)
    {
        var causes = request.UserInfo.IsStranger(operatorUser) ? HeldData.Faults(before, after, request, "binaryData").ToArray() : [];
        return causes.Length == 0 ? Success() : ValidationResult.Invalid(request, causes);
    }
}
