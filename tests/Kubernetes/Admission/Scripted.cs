using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Admission;

/// <summary>ConfigMaps, reviewed as a test says.</summary>
internal sealed class ScriptedWebhook : ValidationWebhook<V1ConfigMap>
{
    public Func<V1ConfigMap, AdmissionRequest, Task<ValidationResult>> OnWrite { get; set; } = (_, _) => Task.FromResult(Success());

    /// <summary>Refuses the key <c>forbidden</c>, with its field.</summary>
    public static ScriptedWebhook RefusingForbidden() => new()
    {
        OnWrite = (map, request) => Task.FromResult(map.Data?.ContainsKey("forbidden") == true
            ? ValidationResult.Invalid(request, [new V1StatusCause { Reason = "FieldValueForbidden", Field = "data[forbidden]", Message = "may not be there." }])
            : Success("mind the gap")),
    };

    public override async ValueTask<ValidationResult> CreateAsync(V1ConfigMap entity, AdmissionRequest request, CancellationToken cancellationToken) => await OnWrite(entity, request);

    public override async ValueTask<ValidationResult> UpdateAsync(V1ConfigMap oldEntity, V1ConfigMap newEntity, AdmissionRequest request, CancellationToken cancellationToken) => await OnWrite(newEntity, request);

    public override ValueTask<ValidationResult> DeleteAsync(V1ConfigMap entity, AdmissionRequest request, CancellationToken cancellationToken) => new(Fail("Nothing is deleted here."));
}
