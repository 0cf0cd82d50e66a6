using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Deployments, StatefulSets and Jobs as the domain sees them.</summary>
internal static class ItemMapper
{
    private const decimal MiB = 1024 * 1024;

    public static ItemFact ToFact(JsonObject item) => item.Text("kind") == "Job" ? Job(item) : Service(item);

    private static ItemFact Service(JsonObject item) => new(
        item.Text("metadata", "name") ?? "",
        item.Text("kind") ?? "Deployment",
        (int)item.Number("spec", "replicas"),
        (int)item.Number("status", "readyReplicas"),
        0,
        false,
        Condition(item, "ReplicaFailure") is { } failure ? $"{failure.Text("reason")}: {failure.Text("message")}" : "") { IsRolling = IsRolling(item) };

    // A Deployment keeps the word that its rollout is complete until the next one, whatever becomes of its pods.
    private static bool IsRolling(JsonObject item) => item.Text("kind") == "StatefulSet"
        ? item.Text("status", "updateRevision") is { Length: > 0 } update && update != item.Text("status", "currentRevision")
        : item.Items("status", "conditions").FirstOrDefault(c => c.Text("type") == "Progressing") is { } progress && progress.Text("reason") != "NewReplicaSetAvailable";

    private static ItemFact Job(JsonObject item)
    {
        var failure = Condition(item, "Failed");
        return new ItemFact(
            item.Text("metadata", "name") ?? "",
            "Job",
            (int)item.Number("spec", "completions"),
            (int)item.Number("status", "active"),
            (int)item.Number("status", "succeeded"),
            failure is not null,
            failure is null ? "" : $"{failure.Text("reason")}: {failure.Text("message")}")
        {
            Uid = item.Text("metadata", "uid") ?? "",
            IsSuspended = item.At("spec", "suspend") is JsonValue suspend && suspend.TryGetValue<bool>(out var isSuspended) && isSuspended,
            DeadlineMs = item.Number("spec", "activeDeadlineSeconds") is > 0 and var seconds && TimeOf(item.Text("status", "startTime")) is > 0 and var began ? began + (seconds * 1000) : 0,
            EndedAtMs = TimeOf(item.Text("status", "completionTime") ?? failure.Text("lastTransitionTime")),
        };
    }

    /// <summary>A claim by what was asked for, which is what is billed; more may have been bound to it.</summary>
    public static KeptVolume ToVolume(JsonObject claim) => new(claim.Text("metadata", "uid") ?? "", SizeOf(claim));

    /// <returns>Null for one that no StatefulSet of ours made.</returns>
    public static ClaimFact? ToClaim(JsonObject claim, bool canGrow = false)
    {
        var (name, item) = (claim.Text("metadata", "name") ?? "", claim.Label(Names.ItemLabel) ?? "");
        // Kubernetes adds the StatefulSet's name and the replica's number to the template's.
        return MountManifests.VolumeOf(name[..Math.Max(0, name.LastIndexOf($"-{item}-", StringComparison.Ordinal))]) is { } volume ? new ClaimFact(item, volume, SizeOf(claim)) { CanGrow = canGrow } : null;
    }

    /// <summary>What a claim may hold: of what was asked for, and what was bound to it, the larger.</summary>
    public static long BytesOf(JsonObject claim) => Math.Max(Bytes(claim.Text("spec", "resources", "requests", "storage")), Bytes(claim.Text("status", "capacity", "storage")));

    private static long Bytes(string? amount) => ResourceQuantity.TryParse(amount ?? "", out var bytes) ? (long)Math.Clamp(decimal.Ceiling(bytes.Value), 0, 1L << 60) : 0;

    private static uint SizeOf(JsonObject claim) => ResourceQuantity.TryParse(claim.Text("spec", "resources", "requests", "storage") ?? "", out var bytes)
        ? (uint)Math.Clamp(decimal.Ceiling(bytes.Value / MiB), 0, uint.MaxValue)
        : 0;

    internal static long TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : 0;

    private static JsonObject? Condition(JsonObject item, string type) =>
        item.Items("status", "conditions").FirstOrDefault(c => c.Text("type") == type && c.Text("status") == "True");
}
