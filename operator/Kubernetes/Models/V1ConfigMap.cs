namespace Federation.Kubernetes.Models;

/// <summary>Configuration text and bytes.</summary>
[KubernetesEntity(Kind = "ConfigMap", PluralName = "configmaps")]
public sealed record V1ConfigMap : KubernetesObject
{
    public IReadOnlyDictionary<string, string>? Data { get; init; }
    public IReadOnlyDictionary<string, byte[]>? BinaryData { get; init; }
    public bool? Immutable { get; init; }
}

/// <summary>Secret bytes. Never log one.</summary>
[KubernetesEntity(Kind = "Secret", PluralName = "secrets")]
public sealed record V1Secret : KubernetesObject
{
    public string? Type { get; init; }
    public IReadOnlyDictionary<string, byte[]>? Data { get; init; }

    /// <summary>Written as text; the API server turns it into <see cref="Data"/>.</summary>
    public IReadOnlyDictionary<string, string>? StringData { get; init; }

    public bool? Immutable { get; init; }

    // A record prints its members; this one's must not reach a log.
    public override string ToString() => $"Secret {Metadata.Namespace}/{Metadata.Name} ({Data?.Count ?? 0} keys)";
}
