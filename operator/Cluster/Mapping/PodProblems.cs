using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Why a pod does not run, in words that name the next step.</summary>
internal static class PodProblems
{
    private static readonly Dictionary<string, string> NextSteps = new(StringComparer.Ordinal)
    {
        ["ImagePullBackOff"] = "check that the image exists, that it is public or a Secret of imagePullSecrets opens its registry, and that the registry answers from this datacenter",
        ["ErrImagePull"] = "check that the image exists, that it is public or a Secret of imagePullSecrets opens its registry, and that the registry answers from this datacenter",
        ["ErrImageNeverPull"] = "the node must have the image already: ask the datacenter, or name an image in a registry",
        ["RegistryUnavailable"] = "the registry does not answer from this datacenter: try again later, or use another",
        ["InvalidImageName"] = "correct the image reference in the workload",
        ["ImageInspectError"] = "the image is damaged: push it again",
        ["CrashLoopBackOff"] = "the program ends again and again: read its log with `kubectl logs --previous`",
        ["CreateContainerConfigError"] = "check that every Secret and ConfigMap of env and envFrom exists and has its key, and that the image names a numeric user that is not root",
        ["CreateContainerError"] = "check the command and the mount paths of the workload",
        ["RunContainerError"] = "check that the command exists in the image and may be executed",
        ["OOMKilled"] = "the program needs more memory than resources.memory",
        ["Unschedulable"] = "no node has room for it now: the datacenter frees capacity, or the lease is refused and refunded",
        ["Evicted"] = "the pod used more than it asked for: raise resources.ephemeralStorage or resources.memory, or the size of the volume that is named",
        ["NodeLost"] = "the node does not answer: a replacement starts elsewhere",
    };

    // Every pod passes through these on its way up.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal) { "ContainerCreating", "PodInitializing" };

    /// <returns>Null when nothing is wrong, or nothing yet.</returns>
    public static PodProblem? Of(V1Pod pod) => Unscheduled(pod) ?? Waiting(pod) ?? Broken(pod) ?? Lost(pod);

    /// <summary>Why the node took down a pod that is over; null where the program itself came to its end.</summary>
    public static PodProblem? OfEviction(V1Pod pod) => pod.Status?.Reason == "Evicted" ? Lost(pod) : null;

    private static PodProblem? Unscheduled(V1Pod pod) =>
        pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" }) is { } condition
            ? Problem(pod, "Unschedulable", condition.Message)
            : null;

    private static PodProblem? Waiting(V1Pod pod)
    {
        foreach (var container in Containers(pod))
        {
            if (container.State?.Waiting is not { Reason: { Length: > 0 } reason } waiting || Harmless.Contains(reason)) continue;
            // The back-off says when, the last end says why.
            var last = reason == "CrashLoopBackOff" ? container.LastState?.Terminated : null;
            return Problem(pod, reason, last is null ? waiting.Message : End(last));
        }

        return null;
    }

    private static PodProblem? Broken(V1Pod pod) =>
        Containers(pod).Select(c => c.State?.Terminated).FirstOrDefault(t => t is not null && t.ExitCode != 0) is { } end
            ? Problem(pod, end.Reason is { Length: > 0 } reason ? reason : "Error", End(end))
            : null;

    private static PodProblem? Lost(V1Pod pod) =>
        pod.Status is { Reason: { Length: > 0 } reason } status ? Problem(pod, reason, status.Message) : null;

    private static IEnumerable<V1ContainerStatus> Containers(V1Pod pod) =>
        (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? []);

    private static string End(V1ContainerStateTerminated end)
    {
        var reason = end.Reason is { Length: > 0 } and not "Error" ? $" ({end.Reason})" : "";
        var text = end.Message is { Length: > 0 } message ? ": " + message.Trim() : "";
        return $"ended with exit code {end.ExitCode}{reason}{text}";
    }

    private static PodProblem Problem(V1Pod pod, string reason, string? detail)
    {
        var step = NextSteps.GetValueOrDefault(reason, "look at the pod with `kubectl describe pod`");
        var what = string.IsNullOrWhiteSpace(detail) ? reason : detail.Trim();
        return new PodProblem(reason, $"Pod {pod.Metadata.Name}: {what}; {step}.");
    }
}
