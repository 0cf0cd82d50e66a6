using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>Something that happened to an object, for people to read.</summary>
[KubernetesEntity(Kind = "Event")]
public sealed record CoreV1Event : KubernetesObject
{
    public required V1ObjectReference InvolvedObject { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    public string? Reason { get; init; }
    public string? Message { get; init; }
    public int? Count { get; init; }
    public DateTimeOffset? FirstTimestamp { get; init; }
    public DateTimeOffset? LastTimestamp { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    public V1EventSource? Source { get; init; }
    public string? Action { get; init; }
    public string? ReportingComponent { get; init; }
    public string? ReportingInstance { get; init; }
}

public sealed record V1EventSource
{
    public string? Component { get; init; }
    public string? Host { get; init; }
}
