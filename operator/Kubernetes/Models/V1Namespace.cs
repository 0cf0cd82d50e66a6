namespace Federation.Kubernetes.Models;

/// <summary>A namespace.</summary>
[KubernetesEntity(Kind = "Namespace"), EntityScope(EntityScope.Cluster)]
public sealed record V1Namespace : KubernetesObject
{
    public V1NamespaceSpec? Spec { get; init; }
    public V1NamespaceStatus? Status { get; init; }
}

public sealed record V1NamespaceSpec
{
    public IReadOnlyList<string>? Finalizers { get; init; }
}

public sealed record V1NamespaceStatus
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string? Phase { get; init; }

    public IReadOnlyList<V1ObservedCondition>? Conditions { get; init; }
}
