using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Cluster.Manifests;
using Federation.Domain.Exports;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>The Job that sends a volume as the domain sees it. The tenant can write neither it nor its pod, nor run anything in it.</summary>
internal static partial class ExportMapper
{
    /// <param name="pods">All pods of the namespace.</param>
    public static ExportRun ToRun(JsonObject job, IEnumerable<V1Pod> pods)
    {
        var spec = job.At("spec", "template", "spec");
        var run = new ExportRun(
            spec.Items("volumes").Select(v => v.Text("persistentVolumeClaim", "claimName")).OfType<string>().FirstOrDefault() ?? "",
            spec.Items("containers").SelectMany(c => c.Items("env")).Select(e => e.Text("valueFrom", "secretKeyRef", "name")).OfType<string>().FirstOrDefault() ?? "",
            (uint)spec.Number("securityContext", "runAsUser"),
            ItemMapper.TimeOf(job.Text("metadata", "creationTimestamp")));
        var uid = job.Text("metadata", "uid");
        var pod = pods.LastOrDefault(p => p.Metadata.OwnerReferences?.Any(o => o.Uid == uid) == true);
        var end = pod?.Status?.ContainerStatuses?.FirstOrDefault(c => c.Name == "export")?.State?.Terminated;
        // What its container left; where it left nothing, what the Job says.
        if (end is { ExitCode: 0 } && Sent().Match(end.Message ?? "") is { Success: true } sent)
            return run with { EndedAt = (end.FinishedAt ?? default).ToUnixTimeSeconds(), Sent = new SentBytes("0x" + sent.Groups["digest"].Value, ulong.Parse(sent.Groups["size"].ValueSpan, CultureInfo.InvariantCulture)) };
        if (OverOf(job) is { } over && (pod is null || end is not null || PodMapper.HasEnded(pod)))
            return run with { EndedAt = ItemMapper.TimeOf(over.Text("lastTransitionTime")) / 1000, Problem = Problem(end, over) };
        return run with { Problem = pod is null || PodMapper.HasEnded(pod) ? "" : PodProblems.Of(pod)?.Message ?? "" };
    }

    private static JsonObject? OverOf(JsonObject job) =>
        job.Items("status", "conditions").FirstOrDefault(c => c.Text("type") is "Failed" or "Complete" && c.Text("status") == "True");

    private static string Problem(V1ContainerStateTerminated? end, JsonObject over) => end switch
    {
        { ExitCode: not 0, Message: { Length: > 0 } message } => message.Trim(),
        { ExitCode: not 0 } => $"its pod ended with exit code {end.ExitCode} ({end.Reason}): the datacenter's image for exports may lack a program",
        _ => $"its pod was gone before anybody saw what it had sent ({over.Text("reason") ?? over.Text("type")})",
    };

    [GeneratedRegex("^(?<digest>[0-9a-f]{64}) (?<size>[0-9]{1,19})$", RegexOptions.ExplicitCapture)]
    private static partial Regex Sent();
}
