namespace Federation.Kubernetes.Models;

/// <summary>A node, as far as placement reads it.</summary>
[KubernetesEntity(Kind = "Node"), EntityScope(EntityScope.Cluster)]
public sealed record V1Node : KubernetesObject, IReadModel
{
    public V1NodeSpec? Spec { get; init; }
    public V1NodeStatus? Status { get; init; }
}

public sealed record V1NodeSpec
{
    public bool? Unschedulable { get; init; }
    public string? ProviderID { get; init; }
    public IReadOnlyList<V1Taint>? Taints { get; init; }
    public IReadOnlyList<string>? PodCIDRs { get; init; }
}

public sealed record V1Taint
{
    public string? Key { get; init; }
    public string? Value { get; init; }
    public string? Effect { get; init; }
}

public sealed record V1NodeStatus
{
    /// <summary>Resource name to quantity; read with <see cref="ResourceQuantity"/>.</summary>
    public IReadOnlyDictionary<string, string>? Capacity { get; init; }

    /// <inheritdoc cref="Capacity"/>
    public IReadOnlyDictionary<string, string>? Allocatable { get; init; }

    public IReadOnlyList<V1ObservedCondition>? Conditions { get; init; }
    public IReadOnlyList<V1NodeAddress>? Addresses { get; init; }
    public V1NodeSystemInfo? NodeInfo { get; init; }

    /// <summary>What the container runtime can, by its handlers; since Kubernetes 1.30.</summary>
    public IReadOnlyList<V1NodeRuntimeHandler>? RuntimeHandlers { get; init; }
}

public sealed record V1NodeRuntimeHandler
{
    /// <summary>Empty for the default one.</summary>
    public string? Name { get; init; }

    public V1NodeRuntimeHandlerFeatures? Features { get; init; }
}

public sealed record V1NodeRuntimeHandlerFeatures
{
    public bool? UserNamespaces { get; init; }
}

public sealed record V1NodeAddress
{
    public string? Type { get; init; }
    public string? Address { get; init; }
}

public sealed record V1NodeSystemInfo
{
    public string? Architecture { get; init; }
    public string? OperatingSystem { get; init; }
    public string? KubeletVersion { get; init; }
    public string? ContainerRuntimeVersion { get; init; }
}

/// <summary>Condition of a built-in object; looser than <see cref="V1Condition"/>.</summary>
public sealed record V1ObservedCondition
{
    public string? Type { get; init; }
    public string? Status { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>Of a node's: when its kubelet last said so.</summary>
    public DateTimeOffset? LastHeartbeatTime { get; init; }
}
