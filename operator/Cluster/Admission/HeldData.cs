using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>
/// What tenants keep in the cluster's store, a ConfigMap or a Secret: no more than the store bears of all of them, nothing that
/// holds up the end of a lease's namespace, and nothing that commands others' programs.
/// </summary>
internal static class HeldData
{
    /// <summary>Of one object. Each write of it leaves as much in the store, until that is compacted.</summary>
    public const int MostBytes = 64 * 1024;

    private static readonly string[] Holding = ["data", "stringData", "binaryData"];

    /// <param name="before">Null: it is new.</param>
    /// <param name="encoded">Fields whose values are base64.</param>
    public static IEnumerable<V1StatusCause> Faults(JsonObject? before, JsonObject after, AdmissionRequest request, params string[] encoded)
    {
        if (OperatorFields.HasNew(before ?? [], after, "finalizers"))
            yield return Cause("FieldValueForbidden", "metadata.finalizers", "nothing may hold up the end of a lease.");
        if (OperatorFields.HasNew(before ?? [], after, "ownerReferences"))
            yield return Cause("FieldValueForbidden", "metadata.ownerReferences", "what is in a lease's namespace ends with it, and has no other owner.");
        foreach (var fault in TenantKeys.Faults(before ?? [], after)) yield return fault;
        // What is too large since before there was a limit may be made smaller.
        var bytes = BytesOf(request.Object, encoded);
        if (bytes > MostBytes && (before is null || bytes >= BytesOf(request.OldObject, encoded)))
            yield return Cause("FieldValueTooLong", "data", $"and the metadata (annotations, labels, managedFields) have {bytes} bytes: at most {MostBytes} are allowed in a lease's namespace; put data in the image or on a volume, or fetch it.");
    }

    // Data as they are stored; of the metadata what the server wrote, which grows with who manages how many fields.
    private static int BytesOf(JsonElement? held, string[] encoded)
    {
        if (held is not { } tree) return 0;
        var metadata = tree.TryGetProperty("metadata", out var found) ? JsonMarshal.GetRawUtf8Value(found).Length : 0;
        return metadata + Holding.Sum(field => TextsOf(tree, field, encoded.Contains(field)));
    }

    private static int TextsOf(JsonElement tree, string field, bool isEncoded) =>
        tree.TryGetProperty(field, out var texts) && texts.ValueKind == JsonValueKind.Object
            ? texts.EnumerateObject().Sum(text => Encoding.UTF8.GetByteCount(text.Name) + LengthOf(text.Value, isEncoded))
            : 0;

    private static int LengthOf(JsonElement value, bool isEncoded)
    {
        if (value.ValueKind != JsonValueKind.String) return 0;
        var bytes = Encoding.UTF8.GetByteCount(value.GetString()!);
        return isEncoded ? bytes / 4 * 3 : bytes;
    }

    private static V1StatusCause Cause(string reason, string field, string message) => new() { Reason = reason, Field = field, Message = message };
}
