using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Reconciling;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>
/// Of a ComputeLease a tenant writes <c>spec.workload</c>, and only one that would run. The operator reads with the same
/// rules what is stored: without this webhook a fault shows in the conditions instead.
/// </summary>
internal sealed class LeaseAdmission(string operatorUser, DeliveryReader deliveries) : ValidationWebhook<JsonObject>(ResourceKind.Of<V1Alpha1ComputeLease>())
{
    /// <summary>Bytes of all that a tenant writes beside its workload, where that is none.</summary>
    internal const int MostBeside = 64 * 1024;

    private const int LongestEscape = 6;

    public override ValueTask<ValidationResult> CreateAsync(JsonObject entity, AdmissionRequest request, CancellationToken cancellationToken) => new(
        request.UserInfo.Username == operatorUser
            ? Success()
            : Fail("Only the operator makes a ComputeLease, and only for a lease that is on chain: match an Offer, then apply your workload to the one that appears."));

    public override ValueTask<ValidationResult> DeleteAsync(JsonObject entity, AdmissionRequest request, CancellationToken cancellationToken) => new(
        request.UserInfo.IsStranger(operatorUser)
            ? Fail("A ComputeLease holds what its lease has used so far: close the lease on chain, and the operator removes it with its namespace.")
            : Success());

    public override ValueTask<ValidationResult> UpdateAsync(JsonObject oldEntity, JsonObject newEntity, AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (!request.UserInfo.IsStranger(operatorUser)) return new(Success());
        if (request.SubResource == "status") return new(Fail("The status is the operator's: it holds what the lease has used so far."));
        var causes = OperatorFields.Changes(oldEntity, newEntity).Concat(SizeFaults(request)).Concat(WorkloadFaults(oldEntity, newEntity, request)).ToArray();
        return new(causes.Length == 0 ? Success() : ValidationResult.Invalid(request, causes));
    }

    // Each write, of whatever, leaves the whole object in the store until that is compacted. What kubectl remembers of an apply holds the
    // manifest once more, in quotes. What is too large since before there was a limit may be made smaller.
    private static IEnumerable<V1StatusCause> SizeFaults(AdmissionRequest request)
    {
        var (workload, beside) = (Raw(request.Object).Length, BesideBytes(request.Object));
        var most = MostBeside + (workload * 3 / 2);
        if (beside > most && workload + beside >= Raw(request.OldObject).Length + BesideBytes(request.OldObject))
            yield return new V1StatusCause { Reason = "FieldValueTooLong", Field = "metadata", Message = $"(annotations, labels, managedFields) and spec.export have {beside} bytes: beside a workload of {workload} at most {most} are allowed; take away what you added, and apply with --server-side, which keeps no copy of the manifest." };
    }

    private static int BesideBytes(JsonElement? lease)
    {
        if (lease is not { } tree) return 0;
        var metadata = tree.TryGetProperty("metadata", out var found) ? JsonMarshal.GetRawUtf8Value(found).Length : 0;
        return metadata + (tree.TryGetProperty("spec", out var spec) && spec.ValueKind == JsonValueKind.Object && spec.TryGetProperty("export", out var export) ? JsonMarshal.GetRawUtf8Value(export).Length : 0);
    }

    private IEnumerable<V1StatusCause> WorkloadFaults(JsonObject before, JsonObject after, AdmissionRequest request)
    {
        var raw = Raw(request.Object);
        if (raw.IsEmpty || raw.SequenceEqual(Raw(request.OldObject))) return [];
        // The server's texts hold escapes that the stored ones need not: at most so much longer than what is counted.
        if (raw.Length > WorkloadLimits.Bytes * LongestEscape)
            return [Cause("", $"has {raw.Length} bytes of JSON: at most {WorkloadLimits.Bytes} are allowed; put data in the image or fetch it")];

        // As it stood before: this write cannot move its own measure.
        var terms = ChainMapper.Read(before.At("spec", "chain")) is { } chain ? ChainMapper.ToTerms(chain) : null;
        var workload = LeaseMapper.Workload(after);
        var delivered = deliveries.Read(workload, terms, here: null);
        // One that stands there already is taken as it is: bounds are of what is newly delivered.
        var bounds = delivered.Spec is null || delivered.Hash == deliveries.HashOf(LeaseMapper.Workload(before)) ? [] : WorkloadBounds.Faults(delivered.Spec, workload is { } stored ? JsonMarshal.GetRawUtf8Value(stored).Length : 0);
        var causes = delivered.Faults.Concat(bounds).Select(f => Cause(f.Path, f.Problem));
        return terms is not null && delivered.HashProblem(terms) is { } problem ? causes.Append(Cause("", problem)) : causes;
    }

    private static ReadOnlySpan<byte> Raw(JsonElement? lease) =>
        lease is { } tree && tree.TryGetProperty("spec", out var spec) && spec.ValueKind == JsonValueKind.Object
        && spec.TryGetProperty("workload", out var workload) && workload.ValueKind != JsonValueKind.Null
            ? JsonMarshal.GetRawUtf8Value(workload)
            : default;

    private static V1StatusCause Cause(string path, string problem) => new()
    {
        Reason = "FieldValueInvalid",
        Field = path.Length == 0 ? "spec.workload" : $"spec.workload.{path}",
        Message = problem,
    };
}
