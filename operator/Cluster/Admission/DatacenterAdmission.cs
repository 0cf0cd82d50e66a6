using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>Refuses a Datacenter that the operator could not read, with every fault at once.</summary>
internal sealed class DatacenterAdmission : ValidationWebhook<V1Alpha1Datacenter>
{
    public override ValueTask<ValidationResult> CreateAsync(V1Alpha1Datacenter entity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(entity, request));

    public override ValueTask<ValidationResult> UpdateAsync(V1Alpha1Datacenter oldEntity, V1Alpha1Datacenter newEntity, AdmissionRequest request, CancellationToken cancellationToken) =>
        new(Review(newEntity, request));

    private static ValidationResult Review(V1Alpha1Datacenter datacenter, AdmissionRequest request)
    {
        var faults = DatacenterRules.Faults(datacenter.Spec);
        return faults.Count == 0
            ? Success(DatacenterRules.Warnings(datacenter.Spec))
            : ValidationResult.Invalid(request, [.. faults.Select(f => new V1StatusCause { Reason = "FieldValueInvalid", Field = f.Field, Message = f.Problem })]);
    }
}
