namespace Federation.Kubernetes.Models;

/// <summary>A pod, as far as an operator reads it: where it runs, what it asks for, how it does.</summary>
[KubernetesEntity(Kind = "Pod")]
public sealed record V1Pod : KubernetesObject, IReadModel
{
    public V1PodSpec? Spec { get; init; }
    public V1PodStatus? Status { get; init; }
}

public sealed record V1PodSpec
{
    public string? NodeName { get; init; }
    public string? PriorityClassName { get; init; }
    public string? RuntimeClassName { get; init; }
    public IReadOnlyList<V1Container>? Containers { get; init; }
    public IReadOnlyList<V1Container>? InitContainers { get; init; }
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }

    /// <summary>What the runtime class costs on top of the containers.</summary>
    public IReadOnlyDictionary<string, string>? Overhead { get; init; }

    /// <summary>Of the pod as a whole; where named it counts instead of the sum over containers (since Kubernetes 1.32).</summary>
    public V1ResourceRequirements? Resources { get; init; }
}

public sealed record V1Container
{
    public string? Name { get; init; }
    public string? Image { get; init; }

    /// <summary><c>Always</c> on an init container: a sidecar, which goes on beside the others (since Kubernetes 1.28).</summary>
    public string? RestartPolicy { get; init; }

    public V1ResourceRequirements? Resources { get; init; }
}

public sealed record V1ResourceRequirements
{
    public IReadOnlyDictionary<string, string>? Requests { get; init; }
    public IReadOnlyDictionary<string, string>? Limits { get; init; }
}

public sealed record V1PodStatus
{
    public string? Phase { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public string? PodIP { get; init; }
    public string? HostIP { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public IReadOnlyList<V1ObservedCondition>? Conditions { get; init; }
    public IReadOnlyList<V1ContainerStatus>? ContainerStatuses { get; init; }
    public IReadOnlyList<V1ContainerStatus>? InitContainerStatuses { get; init; }
}

public sealed record V1ContainerStatus
{
    public string? Name { get; init; }
    public string? Image { get; init; }
    public string? ImageID { get; init; }
    public string? ContainerID { get; init; }
    public bool Ready { get; init; }
    public int RestartCount { get; init; }

    /// <summary>What the node has set aside: during a resize in place more than is asked for (since Kubernetes 1.27).</summary>
    public IReadOnlyDictionary<string, string>? AllocatedResources { get; init; }

    public V1ContainerState? State { get; init; }
    public V1ContainerState? LastState { get; init; }
}

/// <summary>Exactly one of the three is set.</summary>
public sealed record V1ContainerState
{
    public V1ContainerStateWaiting? Waiting { get; init; }
    public V1ContainerStateRunning? Running { get; init; }
    public V1ContainerStateTerminated? Terminated { get; init; }
}

public sealed record V1ContainerStateWaiting
{
    public string? Reason { get; init; }
    public string? Message { get; init; }
}

public sealed record V1ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}

public sealed record V1ContainerStateTerminated
{
    public int ExitCode { get; init; }
    public int? Signal { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
}
