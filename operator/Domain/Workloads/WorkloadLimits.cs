namespace Federation.Domain.Workloads;

/// <summary>
/// Bounds of a workload. They keep one tenant's text from costing an API server, an etcd or a reader more than it should;
/// what a workload may take of the hardware is bounded by its lease.
/// </summary>
public static class WorkloadLimits
{
    /// <summary>Bytes of JSON. An etcd object holds 1.5 MiB, and managed fields double what is written.</summary>
    public const int Bytes = 256 * 1024;

    /// <summary>
    /// Bytes of one program's texts as JSON. With the rest of what is made of it they are kept in an annotation, and all
    /// annotations of an object may have 256 KiB.
    /// </summary>
    public const int ProgramBytes = 160 * 1024;

    /// <summary>Services and jobs together.</summary>
    public const int Programs = 16;

    /// <summary>Leaves room in a 63-character label for what the operator appends: shard numbers, claim names.</summary>
    public const int NameLength = 40;

    public const int Replicas = 64;
    public const int Variables = 64;
    public const int Ports = 16;
    public const int PullSecrets = 8;

    /// <summary>Names of the tenant's own, of one service and of the whole workload: each is a route, and a question to the name service.</summary>
    public const int Hostnames = 16;

    public const int Volumes = 8;

    /// <summary>Secrets and ConfigMaps of one program that become files.</summary>
    public const int Files = 16;

    public const int Arguments = 64;

    /// <summary>Characters of one argument or value; the kernel takes 128 KiB.</summary>
    public const int TextLength = 32 * 1024;

    /// <summary>Millicores of one pod: more than the largest machine there is.</summary>
    public const uint CpuMilli = 4_096_000;

    /// <summary>MiB of one pod's memory or scratch space: 64 TiB.</summary>
    public const uint MemoryMiB = 64 * 1024 * 1024;

    /// <summary>MiB of one volume: 1 PiB.</summary>
    public const uint VolumeMiB = 1024 * 1024 * 1024;

    /// <summary>Devices or MIG slices of one pod.</summary>
    public const int Gpus = 128;

    /// <summary>The chain's resources have two slots for a model class.</summary>
    public const int GpuClasses = 2;

    /// <summary>A year: no term is longer.</summary>
    public const int DeadlineSeconds = 31_536_000;

    public const int Retries = 32;
    public const int ProbePeriodSeconds = 3600;

    /// <summary>With the longest period more than four days: whatever starts slowly has started by then.</summary>
    public const int FailureThreshold = 100;

    /// <summary>Scratch space of a pod whose workload does not say.</summary>
    public const string EphemeralStorage = "64Mi";
}
