using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>One item of <c>jobs</c>.</summary>
internal static class JobReader
{
    public static JobSpec Read(JsonElement element, string path, FaultList faults)
    {
        var job = new ObjectReader(element, path, faults,
            [.. ContainerReader.Fields, "shards", "deadlineSeconds", "retries"]);
        return new JobSpec(
            ContainerReader.Read(job, "shards", MountReader.Read(job, keeps: false, faults), faults),
            job.Whole("deadlineSeconds", 0, WorkloadLimits.DeadlineSeconds, absent: 0),
            job.Whole("retries", 0, WorkloadLimits.Retries, absent: 0));
    }
}
