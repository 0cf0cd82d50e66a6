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

    /// <summary>Names of ConfigMaps in the lease's namespace whose keys become environment variables; a Secret's go before them.</summary>
    public IReadOnlyList<string> EnvFromConfigMaps { get; init; } = [];

    /// <summary>Volumes that are empty at the start of each pod and go with it.</summary>
    public IReadOnlyList<ScratchSpec> Scratch { get; init; } = [];

    /// <summary>Secrets and ConfigMaps as folders of files.</summary>
    public IReadOnlyList<FilesSpec> Files { get; init; } = [];
}

/// <param name="Value">Empty where <see cref="From"/> is said.</param>
public sealed record EnvironmentVariable(string Name, string Value)
{
    /// <summary>Where the value stands, by reference.</summary>
    public KeyReference? From { get; init; }
}

/// <summary>What the tenant keeps in the lease's namespace beside its ComputeLease.</summary>
public enum SourceKind
{
    Secret,
    ConfigMap,
}

public sealed record KeyReference(SourceKind Kind, string Name, string Key);

/// <summary>A Secret or ConfigMap as a read-only folder: a file for each key.</summary>
public sealed record FilesSpec(SourceKind Kind, string Name, string MountPath);

/// <param name="SizeMiB">Part of the pod's memory, or of its scratch space: the lease reserves nothing more for it.</param>
/// <param name="InMemory">Its pages count as the pod's memory.</param>
public sealed record ScratchSpec(string Name, uint SizeMiB, string MountPath, bool InMemory);

/// <summary>Limits of one pod; requests are the same, so that what is sold is there.</summary>
/// <param name="MemoryMiB">In-memory volumes included.</param>
/// <param name="EphemeralMiB">Writable layer, logs and scratch volumes.</param>
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
    ProbeSpec? Readiness)
{
    /// <summary>The program is started again when this fails.</summary>
    public ProbeSpec? Liveness { get; init; }

    /// <summary>The other probes begin when this has succeeded once; the program is started again when it never does.</summary>
    public ProbeSpec? Startup { get; init; }

    /// <summary>Ports that are reachable from outside of the cluster.</summary>
    public IEnumerable<PortSpec> ExposedPorts => Ports.Where(p => p.IsExposed);

    /// <summary>Name of the Service by which ports of a protocol are reached from outside; no other program may have it.</summary>
    public string ExposedName(string protocol) => $"{Container.Name}-{protocol.ToLowerInvariant()}";
}

/// <param name="Protocol">TCP or UDP.</param>
public sealed record PortSpec(string Name, ushort Port, string Protocol)
{
    /// <summary>Reachable from outside of the cluster, where the datacenter allows that.</summary>
    public bool IsExposed { get; init; }

    /// <summary>Names of the tenant's own that lead to it by HTTP, canonical; null when no name does, not even one that the datacenter gives out.</summary>
    public IReadOnlyList<string>? Hostnames { get; init; }

    /// <summary>Secret of the tenant's with the certificate and key of these names; null: they are reached by HTTP alone.</summary>
    public string? TlsSecret { get; init; }
}

/// <summary>A persistent volume of each replica.</summary>
public sealed record VolumeSpec(string Name, uint SizeMiB, string MountPath);

/// <param name="HttpPath">Null: a TCP connection is enough.</param>
public sealed record ProbeSpec(ushort Port, string? HttpPath, int PeriodSeconds)
{
    /// <summary>Failures in a row that count.</summary>
    public int FailureThreshold { get; init; } = DefaultFailureThreshold;

    /// <summary>Kubernetes' own.</summary>
    public const int DefaultFailureThreshold = 3;
}

/// <summary>Ends by itself. Becomes a Job with one pod per shard.</summary>
/// <param name="DeadlineSeconds">0: none but the lease's.</param>
/// <param name="Retries">How often a failed pod is replaced.</param>
public sealed record JobSpec(ContainerSpec Container, int DeadlineSeconds, int Retries);
