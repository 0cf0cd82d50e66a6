using System.Globalization;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>A lease's pod as the domain sees it. All is from the API server: the tenant writes none of it.</summary>
internal static class PodMapper
{
    private const decimal MiB = 1024 * 1024;

    /// <param name="node">The one that it is on; null: there is none of that name, or it has none yet.</param>
    public static PodFact ToFact(V1Pod pod, V1Node? node)
    {
        var devices = Devices(pod);
        var slot = Annotation(pod, Names.GpuSlotAnnotation);
        var ended = HasEnded(pod);
        return new PodFact(
            pod.Metadata.Uid ?? "",
            pod.Metadata.Name ?? "",
            pod.Metadata.Labels?.GetValueOrDefault(Names.ItemLabel) ?? "",
            string.IsNullOrEmpty(pod.Spec?.NodeName) ? null : pod.Spec.NodeName,
            IsReady(pod) && !ended,
            ended,
            ended ? PodProblems.OfEviction(pod) : PodProblems.Of(pod),
            slot == "b" ? 0 : devices,
            slot == "b" ? devices : 0,
            StorageMiB(pod))
        {
            HasStarted = HasStarted(pod),
            Shape = new PodShape(PodRequests.Of(pod), pod.Spec?.NodeSelector ?? new Dictionary<string, string>()),
            IsNodeDown = pod.Spec?.NodeName is { Length: > 0 } && node?.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) != true,
            HeardMs = HeardAt(node),
            BoundAtMs = BoundAt(pod),
            StartedAtMs = (pod.Status?.StartTime)?.ToUnixTimeMilliseconds() ?? 0,
            EndedAtMs = ended || pod.Metadata.DeletionTimestamp is not null ? EndedAt(pod) : 0,
            End = ended ? EndOf(pod) : null,
        };
    }

    /// <summary>One whose object is gone: what it last said, and that it is over.</summary>
    public static PodFact ToGone(V1Pod pod, long goneAtMs) => ToFact(pod, null) with { Ready = false, Ended = true, Problem = null, EndedAtMs = EndedAt(pod), GoneAtMs = goneAtMs };

    public static bool HasEnded(V1Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    // A node that is lost, an eviction: then nobody knows how the program ended.
    private static PodEnd? EndOf(V1Pod pod)
    {
        if (pod.Metadata.OwnerReferences?.FirstOrDefault(o => o is { Kind: "Job", Controller: true }) is not { } job) return null;
        if (pod.Status?.ContainerStatuses?.Select(c => c.State?.Terminated).FirstOrDefault(t => t is not null) is not { ExitCode: >= 0 } end) return null;
        return new PodEnd(job.Uid, pod.Status.Phase == "Succeeded", (uint)end.ExitCode, MessageOf(end), (end.FinishedAt ?? default).ToUnixTimeMilliseconds());
    }

    // The API server's own time of the binding. Whole seconds, cut off: never before it.
    private static long BoundAt(V1Pod pod) =>
        pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "True" })?.LastTransitionTime is { } at ? at.ToUnixTimeMilliseconds() + 1000 : 0;

    // Kubernetes shows what runs there as running for most of a minute after a node has fallen silent.
    private static long HeardAt(V1Node? node) => node?.Status?.Conditions?.FirstOrDefault(c => c.Type == "Ready")?.LastHeartbeatTime?.ToUnixTimeMilliseconds() ?? long.MaxValue;

    // API times are whole seconds, cut off: never after the end.
    private static long EndedAt(V1Pod pod)
    {
        var ends = pod.Status?.ContainerStatuses?.Select(c => c.State?.Terminated?.FinishedAt?.ToUnixTimeMilliseconds() ?? 0).ToArray() ?? [];
        return ends.Length == 0 || ends.Contains(0) ? 0 : ends.Max();
    }

    // Where the program never ran or was lost from sight, the words are the kubelet's.
    private static string MessageOf(V1ContainerStateTerminated end) => end.Reason is "Completed" or "Error" or "OOMKilled" ? end.Message ?? "" : "";

    private static bool IsReady(V1Pod pod) => pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    private static bool HasStarted(V1Pod pod) => pod.Status?.ContainerStatuses?.Any(c =>
        c.RestartCount > 0 || c.State is { Running: not null } or { Terminated: not null } || c.LastState?.Terminated is not null) == true;

    // Extended resources alone have a slash in their names, and only devices are sold as such.
    private static uint Devices(V1Pod pod) => (uint)Limits(pod)
        .Where(l => l.Key.Contains('/', StringComparison.Ordinal))
        .Sum(l => ResourceQuantity.TryParse(l.Value, out var count) ? count.Value : 0);

    private static uint StorageMiB(V1Pod pod)
    {
        var scratch = Limits(pod).Where(l => l.Key == "ephemeral-storage")
            .Sum(l => ResourceQuantity.TryParse(l.Value, out var bytes) ? decimal.Ceiling(bytes.Value / MiB) : 0);
        var volumes = uint.TryParse(Annotation(pod, Names.VolumesAnnotation), NumberStyles.None, CultureInfo.InvariantCulture, out var mib) ? mib : 0;
        return (uint)Math.Min(scratch + volumes, uint.MaxValue);
    }

    private static IEnumerable<KeyValuePair<string, string>> Limits(V1Pod pod) =>
        pod.Spec?.Containers?.SelectMany(c => c.Resources?.Limits ?? Enumerable.Empty<KeyValuePair<string, string>>()) ?? [];

    private static string? Annotation(V1Pod pod, string name) => pod.Metadata.Annotations?.GetValueOrDefault(name);
}
