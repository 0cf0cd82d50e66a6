using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>A batch job: one pod per shard, all at once.</summary>
internal static class JobManifest
{
    public static JsonObject Build(WorkloadContext context, JobSpec job)
    {
        var spec = new JsonObject
        {
            ["completions"] = job.Container.Replicas,
            ["parallelism"] = job.Container.Replicas,
            ["backoffLimit"] = job.Retries,
            ["template"] = PodManifest.Build(context, job.Container, service: null),
        };
        // Said, so that one that was suspended goes on.
        if (context.CanSuspendJobs) spec["suspend"] = false;
        if (job.DeadlineSeconds > 0) spec["activeDeadlineSeconds"] = job.DeadlineSeconds;
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = context.Metadata(job.Container.Name),
            ["spec"] = spec,
        };
    }
}
