using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>A coordination lease: who leads, and until when.</summary>
[KubernetesEntity(Group = "coordination.k8s.io", ApiVersion = "v1", Kind = "Lease")]
public sealed record V1Lease : KubernetesObject
{
    public V1LeaseSpec Spec { get; init; } = new();
}

public sealed record V1LeaseSpec
{
    /// <summary>Empty or null: nobody leads.</summary>
    public string? HolderIdentity { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>Grows with every change of holder: the fencing number.</summary>
    public int? LeaseTransitions { get; init; }

    public string? Strategy { get; init; }
    public string? PreferredHolder { get; init; }
}
