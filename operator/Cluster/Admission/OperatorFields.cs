using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Admission;

/// <summary>Fields of a ComputeLease that are the operator's: what a stranger's write would change of them.</summary>
internal static class OperatorFields
{
    private const string Owned = "is the operator's: leave it as it is.";

    public static IEnumerable<V1StatusCause> Changes(JsonObject before, JsonObject after)
    {
        foreach (var path in new[] { "labels", "annotations" })
            foreach (var key in ChangedKeys(before.At("metadata", path), after.At("metadata", path)).Where(IsOurs))
                yield return Cause($"metadata.{path}[{key}]", Owned);
        foreach (var fault in TenantKeys.Faults(before, after).Where(f => !IsOurs(f.Field!.Split('[', ']')[1]))) yield return fault;
        if (HasNew(before, after, "ownerReferences"))
            yield return Cause("metadata.ownerReferences", "a lease has no owner in the cluster: the chain ends it, and the garbage collector may not.");
        if (HasNew(before, after, "finalizers"))
            yield return Cause("metadata.finalizers", "nothing may hold up the end of a lease.");
        if (Texts(before, "finalizers").Except(Texts(after, "finalizers")).Any(IsOurs))
            yield return Cause("metadata.finalizers", Owned);
        if (!JsonNode.DeepEquals(before.At("spec", "chain"), after.At("spec", "chain")))
            yield return Cause("spec.chain", "is what was agreed on chain: it cannot be changed here.");
        if (!JsonNode.DeepEquals(before["status"], after["status"]))
            yield return Cause("status", Owned);
    }

    private static bool IsOurs(string name) => name.StartsWith(Names.Group + "/", StringComparison.Ordinal) || name == Names.ManagedByLabel;

    private static IEnumerable<string> ChangedKeys(JsonNode? before, JsonNode? after)
    {
        var (old, now) = (before as JsonObject ?? [], after as JsonObject ?? []);
        return old.Select(p => p.Key).Union(now.Select(p => p.Key)).Where(key => !JsonNode.DeepEquals(old[key], now[key])).Order(StringComparer.Ordinal);
    }

    // To take an item away only mends: what somebody slipped in before there was an admission must be possible to remove.
    public static bool HasNew(JsonObject before, JsonObject after, string list) => Texts(after, list).Except(Texts(before, list)).Any();

    private static IEnumerable<string> Texts(JsonObject lease, string list) =>
        lease.At("metadata", list) is JsonArray items ? items.Select(i => i is JsonValue ? (string)i! : i?.ToJsonString() ?? "") : [];

    private static V1StatusCause Cause(string field, string message) => new() { Reason = "FieldValueForbidden", Field = field, Message = message };
}
