namespace Federation.Kubernetes.Models;

/// <summary>The API server's answer when there is no object to answer with (<c>meta/v1 Status</c>).</summary>
public sealed record V1Status
{
    public string? Status { get; init; }
    public string? Message { get; init; }

    /// <summary>Machine word such as <c>NotFound</c>, <c>Conflict</c>, <c>Invalid</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>HTTP status code.</summary>
    public int? Code { get; init; }

    public V1StatusDetails? Details { get; init; }
}

/// <summary>Details of a refusal.</summary>
public sealed record V1StatusDetails
{
    public string? Name { get; init; }
    public string? Group { get; init; }
    public string? Kind { get; init; }
    public string? Uid { get; init; }
    public IReadOnlyList<V1StatusCause>? Causes { get; init; }
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>One reason of a refusal, with the field that it is about.</summary>
public sealed record V1StatusCause
{
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public string? Field { get; init; }
}
