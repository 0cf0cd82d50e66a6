using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>
/// Schema of <c>spec.workload</c>, for documentation and the first refusal. It has no defaults and prunes nothing:
/// what is stored must hash to what the tenant signed. The operator's own parser is stricter and has the last word.
/// </summary>
[PreserveUnknownFields]
internal sealed record WorkloadSchema
{
    [Items(maxItems: 16), Description("Programs that stay up.")]
    public IReadOnlyList<ServiceSchema>? Services { get; init; }

    [Items(maxItems: 16), Description("Programs that end. What one writes to /dev/termination-log, at most 4096 bytes of UTF-8, is its result.")]
    public IReadOnlyList<JobSchema>? Jobs { get; init; }

    [Description("Have the digest of the jobs' results posted on chain; no when left out. Where the lease's terms ask for a callback it is posted in any case.")]
    public bool? PostResult { get; init; }
}

internal abstract record ProgramSchema
{
    [Required, Pattern(Patterns.Name), MaxLength(40), Description("Unique among services and jobs.")]
    public string Name { get; init; } = "";

    [Required, MaxLength(512), Description("Image reference. It must run as a user that is not root, named by number.")]
    public string Image { get; init; } = "";

    [Items(maxItems: 8), Description("Secrets of this namespace, of type kubernetes.io/dockerconfigjson, that open the image's registry to the node. The image then names its digest.")]
    public IReadOnlyList<string>? ImagePullSecrets { get; init; }

    [Items(maxItems: 64), Description("Replaces the image's entry point.")]
    public IReadOnlyList<string>? Command { get; init; }

    [Items(maxItems: 64), Description("Arguments of the entry point.")]
    public IReadOnlyList<string>? Args { get; init; }

    [Items(maxItems: 64), Description("Environment.")]
    public IReadOnlyList<VariableSchema>? Env { get; init; }

    [Items(maxItems: 64), Description("Secrets of this namespace whose keys become variables.")]
    public IReadOnlyList<string>? EnvFrom { get; init; }

    [Items(maxItems: 64), Description("ConfigMaps of this namespace whose keys become variables; keys of Secrets go before theirs.")]
    public IReadOnlyList<string>? EnvFromConfigMaps { get; init; }

    [Items(maxItems: 8), Description("Volumes of each pod. The disk of a service stays with its replica, Scratch and Memory go with the pod; a job has these two alone.")]
    public IReadOnlyList<VolumeSchema>? Volumes { get; init; }

    [Items(maxItems: 16), Description("Secrets and ConfigMaps of this namespace as read-only folders of files, which follow their changes within about a minute.")]
    public IReadOnlyList<FilesSchema>? Files { get; init; }

    [Required, Description("Limits of one pod; it gets exactly these.")]
    public ResourcesSchema Resources { get; init; } = new();
}

[PreserveUnknownFields]
internal sealed record ServiceSchema : ProgramSchema
{
    [RangeMinimum(1), RangeMaximum(64), Description("Pods; 1 when left out.")]
    public int? Replicas { get; init; }

    [Items(maxItems: 16), Description("Where it answers.")]
    public IReadOnlyList<PortSchema>? Ports { get; init; }

    [Description("When a pod counts as ready.")]
    public ProbeSchema? Readiness { get; init; }

    [Description("When this fails the program is started again.")]
    public ProbeSchema? Liveness { get; init; }

    [Description("The other probes begin when this has succeeded once; a program for which it never does is started again.")]
    public ProbeSchema? Startup { get; init; }
}

[PreserveUnknownFields]
internal sealed record JobSchema : ProgramSchema
{
    [RangeMinimum(1), RangeMaximum(64), Description("Pods that run at once, each once; 1 when left out. Each finds how many they are in FEDERATION_SHARDS and, on Kubernetes 1.24 and later or when it is the only one, which one it is, from 0, in JOB_COMPLETION_INDEX.")]
    public int? Shards { get; init; }

    [RangeMinimum(0), Description("Seconds after which the job is stopped; 0 for the lease's own end.")]
    public int? DeadlineSeconds { get; init; }

    [RangeMinimum(0), RangeMaximum(32), Description("How often a failed pod is replaced; 0 when left out.")]
    public int? Retries { get; init; }
}

[PreserveUnknownFields]
internal sealed record VariableSchema
{
    [Required]
    public string Name { get; init; } = "";

    [Description("Either this or valueFrom.")]
    public string? Value { get; init; }

    [Description("One key of a Secret or ConfigMap of this namespace, as the pod starts.")]
    public ValueSourceSchema? ValueFrom { get; init; }
}

[PreserveUnknownFields]
internal sealed record ValueSourceSchema
{
    public KeySchema? SecretKeyRef { get; init; }

    public KeySchema? ConfigMapKeyRef { get; init; }
}

[PreserveUnknownFields]
internal sealed record KeySchema
{
    [Required, MaxLength(253)]
    public string Name { get; init; } = "";

    [Required, MaxLength(253)]
    public string Key { get; init; } = "";
}

[PreserveUnknownFields]
internal sealed record FilesSchema
{
    [MaxLength(253), Description("Name of a Secret; either this or configMap.")]
    public string? Secret { get; init; }

    [MaxLength(253), Description("Name of a ConfigMap.")]
    public string? ConfigMap { get; init; }

    [Required, Description("Absolute path in the container; there is a file for each key.")]
    public string MountPath { get; init; } = "";
}

[PreserveUnknownFields]
internal sealed record PortSchema
{
    [Description("Name of the port; protocol and number when left out.")]
    public string? Name { get; init; }

    [Required, RangeMinimum(1), RangeMaximum(65535)]
    public int Port { get; init; }

    [Description("TCP or UDP; TCP when left out.")]
    public string? Protocol { get; init; }

    [Description("Reach it from outside of the cluster too, where the datacenter allows that; status.endpoints says by which address. No when left out.")]
    public bool? Expose { get; init; }

    [Items(maxItems: 16), Description("Hostnames of your own that lead to it by HTTP, each proved by a TXT record that status.hostnames names. Where the datacenter gives out names, the service gets one too, also for an empty list. At most one port of a service has hostnames.")]
    public IReadOnlyList<string>? Hostnames { get; init; }

    [Description("Name of a Secret of the lease's namespace, of type kubernetes.io/tls, with the certificate and key of these hostnames: they are then reached by HTTPS, where the datacenter serves certificates of tenants. The name that the datacenter gives out has one of the datacenter's.")]
    public string? Tls { get; init; }
}

[PreserveUnknownFields]
internal sealed record ProbeSchema
{
    [Required, RangeMinimum(1), RangeMaximum(65535)]
    public int Port { get; init; }

    [Description("Path of a GET that must succeed; without it a connection is enough.")]
    public string? HttpPath { get; init; }

    [RangeMinimum(1), RangeMaximum(3600), Description("5 when left out.")]
    public int? PeriodSeconds { get; init; }

    [RangeMinimum(1), RangeMaximum(100), Description("Failures in a row that count; 3 when left out.")]
    public int? FailureThreshold { get; init; }
}
