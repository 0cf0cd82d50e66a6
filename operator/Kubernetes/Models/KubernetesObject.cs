using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>What every object of the API has.</summary>
public interface IKubernetesObject
{
    string? ApiVersion { get; }
    string? Kind { get; }
    V1ObjectMeta Metadata { get; }
}

/// <summary>
/// Base of typed objects. Records, and immutable: objects come out of shared caches, and a caller that
/// changed one in place would change what everybody else sees.
/// </summary>
public abstract record KubernetesObject : IKubernetesObject
{
    // List items arrive without apiVersion and kind; the class knows both.
    protected KubernetesObject()
    {
        var kind = ResourceKind.Find(GetType());
        ApiVersion = kind?.ApiVersion;
        Kind = kind?.Kind;
    }

    [JsonPropertyOrder(-3)]
    public string? ApiVersion { get; init; }

    [JsonPropertyOrder(-2)]
    public string? Kind { get; init; }

    [JsonPropertyOrder(-1)]
    public V1ObjectMeta Metadata { get; init; } = new();
}

/// <summary>Base of custom resources with a spec alone.</summary>
public abstract record CustomKubernetesEntity<TSpec> : KubernetesObject
{
    public required TSpec Spec { get; init; }
}

/// <summary>Base of custom resources with spec and status; the status is a subresource.</summary>
public abstract record CustomKubernetesEntity<TSpec, TStatus> : CustomKubernetesEntity<TSpec>
    where TStatus : class
{
    public TStatus? Status { get; init; }
}

/// <summary>Any object with its metadata alone, as the API server sends it on request.</summary>
public sealed record PartialObjectMetadata : KubernetesObject, IReadModel;

/// <summary>One page of a list, or the whole list.</summary>
public sealed record KubernetesList<T>
{
    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }
    public V1ListMeta Metadata { get; init; } = new();

    // The server writes an empty list of metadata as null.
    public IReadOnlyList<T> Items { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Objects that the API holds but <typeparamref name="T"/> cannot read. They exist: never take them for deleted.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<UnreadableObject> Unreadable { get; init; } = [];
}

/// <summary>An object that exists but does not fit its class, and why.</summary>
public sealed record UnreadableObject(ObjectKey Key, string Reason);

/// <summary>Metadata of a list: the version that it shows, and the token of its next page.</summary>
public sealed record V1ListMeta
{
    public string? ResourceVersion { get; init; }

    [JsonPropertyName("continue")]
    public string? ContinueProperty { get; init; }

    public long? RemainingItemCount { get; init; }
}
