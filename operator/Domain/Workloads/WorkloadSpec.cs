namespace Federation.Domain.Workloads;

/// <summary>What a tenant runs in one lease: services that stay up, jobs that end. Parsed from <c>spec.workload</c>.</summary>
public sealed record WorkloadSpec(IReadOnlyList<ServiceSpec> Services, IReadOnlyList<JobSpec> Jobs)
{
    /// <summary>The operator posts what the jobs came to on chain, also for a tenant that is not called with it.</summary>
    public bool PostResult { get; init; }

    public IEnumerable<ContainerSpec> Containers =>
        Services.Select(s => s.Container).Concat(Jobs.Select(j => j.Container));
}

/// <summary>The program of a service or a job.</summary>
/// <param name="Name">RFC 1123 label, unique in the workload.</param>
/// <param name="Image">Reference as the tenant wrote it.</param>
/// <param name="EnvFrom">Names of Secrets in the lease's namespace whose keys become environment variables.</param>
/// <param name="Replicas">Pods that run at once: replicas of a service, shards of a job.</param>
public sealed record ContainerSpec(
    string Name,
    string Image,
    IReadOnlyList<string> Command,
    IReadOnlyList<string> Args,
    IReadOnlyList<EnvironmentVariable> Env,
    IReadOnlyList<string> EnvFrom,
    ContainerResources Resources,
    int Replicas)
{
    /// <summary>Names of Secrets in the lease's namespace that open the registry to the node.</summary>
    public IReadOnlyList<string> ImagePullSecrets { get; init; } = [];
}

public sealed record EnvironmentVariable(string Name, string Value);

/// <summary>Limits of one pod; requests are the same, so that what is sold is there.</summary>
/// <param name="EphemeralMiB">Writable layer, logs and in-memory volumes.</param>
/// <param name="Gpu">Null when the pod gets no device.</param>
public sealed record ContainerResources(uint CpuMilli, uint MemoryMiB, uint EphemeralMiB, GpuDemand? Gpu);

/// <param name="Class">Canonical text of the model class, e.g. <c>nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920</c>.</param>
/// <param name="Count">Whole devices per pod.</param>
public sealed record GpuDemand(string Class, ushort Count);

/// <summary>Stays up. Becomes a Deployment, or a StatefulSet when it has volumes; with a Service when it has ports.</summary>
public sealed record ServiceSpec(
    ContainerSpec Container,
    IReadOnlyList<PortSpec> Ports,
    IReadOnlyList<VolumeSpec> Volumes,
    ProbeSpec? Readiness);

/// <param name="Protocol">TCP or UDP.</param>
public sealed record PortSpec(string Name, ushort Port, string Protocol)
{
    /// <summary>Names of the tenant's own that lead to it by HTTP, canonical; null when no name does, not even one that the datacenter gives out.</summary>
    public IReadOnlyList<string>? Hostnames { get; init; }
}

/// <summary>A persistent volume of each replica.</summary>
public sealed record VolumeSpec(string Name, uint SizeMiB, string MountPath);

/// <param name="HttpPath">Null: a TCP connection is enough.</param>
public sealed record ProbeSpec(ushort Port, string? HttpPath, int PeriodSeconds);

/// <summary>Ends by itself. Becomes a Job with one pod per shard.</summary>
/// <param name="DeadlineSeconds">0: none but the lease's.</param>
/// <param name="Retries">How often a failed pod is replaced.</param>
public sealed record JobSpec(ContainerSpec Container, int DeadlineSeconds, int Retries);
