using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>A batch job: one pod per shard, all at once. Each is told how many they are and, where the server can, which one it is.</summary>
internal static class JobManifest
{
    private const string Mode = "completionMode";
    private const string Indexed = "Indexed";

    public static JsonObject Build(WorkloadContext context, JobSpec job)
    {
        var standing = context.StandingJobs.GetValueOrDefault(job.Container.Name);
        // Neither this nor what the pods are told can change while it stands, and it would be ended for it: what an older version made goes on as it is.
        var isIndexed = standing is null ? context.CanIndexJobs : standing.Text("spec", Mode) == Indexed;
        var spec = new JsonObject
        {
            ["completions"] = job.Container.Replicas,
            ["parallelism"] = job.Container.Replicas,
            ["backoffLimit"] = job.Retries,
            ["template"] = PodManifest.Build(context, Told(job.Container, isIndexed, standing), service: null),
        };
        if (isIndexed) spec[Mode] = Indexed;
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

    private static ContainerSpec Told(ContainerSpec container, bool isIndexed, JsonObject? standing)
    {
        var told = new List<EnvironmentVariable> { new(ShardVariables.Count, container.Replicas.ToString(CultureInfo.InvariantCulture)) };
        // The only one there is has the number that a server which numbers them would give it.
        if (!isIndexed && container.Replicas == 1) told.Add(new EnvironmentVariable(ShardVariables.Index, "0"));
        var before = standing?.At("spec", "template", "spec").Items("containers").SelectMany(c => c.Items("env")).Select(e => e.Text("name")).ToHashSet();
        // What the workload itself sets stands.
        return container with { Env = [.. container.Env, .. told.Where(t => container.Env.All(e => e.Name != t.Name) && before?.Contains(t.Name) != false)] };
    }
}
