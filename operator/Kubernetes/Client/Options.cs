namespace Federation.Kubernetes.Client;

/// <summary>Which objects of a kind.</summary>
public sealed record ListOptions
{
    /// <summary>Label selector, in the API's own syntax.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Field selector, in the API's own syntax.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Objects in a page.</summary>
    public int Limit { get; init; } = 500;

    /// <summary>Smallest version to show; null asks for the newest.</summary>
    public string? ResourceVersion { get; init; }
}

/// <summary>How a write is made.</summary>
public sealed record WriteOptions
{
    /// <summary>Name in <c>managedFields</c>; the client's own when null.</summary>
    public string? FieldManager { get; init; }

    /// <summary>Check and admit everything, store nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Subresource such as <c>status</c> or <c>scale</c>.</summary>
    public string? Subresource { get; init; }

    /// <summary>
    /// Of what was stored only the metadata come back, for an object that is large and known. Source: Kubernetes API concepts,
    /// "Alternate representations of resources"; a server that does not know it answers with all.
    /// </summary>
    public bool AnswersMetadata { get; init; }
}

/// <summary>How server-side apply is made.</summary>
public sealed record ApplyOptions
{
    /// <inheritdoc cref="WriteOptions.FieldManager"/>
    public string? FieldManager { get; init; }

    /// <summary>Take fields from other managers instead of failing with a conflict.</summary>
    public bool Force { get; init; }

    /// <inheritdoc cref="WriteOptions.DryRun"/>
    public bool DryRun { get; init; }

    /// <inheritdoc cref="WriteOptions.Subresource"/>
    public string? Subresource { get; init; }
}

/// <summary>What happens to the objects that a deleted one owns.</summary>
public enum PropagationPolicy
{
    Background,
    Foreground,
    Orphan,
}

/// <summary>How an object is deleted.</summary>
public sealed record DeleteOptions
{
    /// <summary>Delete only this very object, not a namesake made since.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only if nobody wrote since.</summary>
    public string? ResourceVersion { get; init; }

    public PropagationPolicy? Propagation { get; init; }

    public int? GracePeriodSeconds { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>How objects are watched.</summary>
public sealed record WatchOptions
{
    /// <inheritdoc cref="ListOptions.LabelSelector"/>
    public string? LabelSelector { get; init; }

    /// <inheritdoc cref="ListOptions.FieldSelector"/>
    public string? FieldSelector { get; init; }

    /// <summary>Version to go on from; null starts with everything that exists.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>After this the server ends the watch in good order.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>
    /// Silence after which the connection counts as dead. Longer than <see cref="Timeout"/> by default,
    /// because a quiet server owes nothing before that.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }
}

/// <summary>Which part of a container's log.</summary>
public sealed record LogOptions
{
    public string? Container { get; init; }
    public bool Previous { get; init; }
    public int? TailLines { get; init; }
    public DateTimeOffset? SinceTime { get; init; }
    public bool Timestamps { get; init; }

    /// <summary>Bytes after which the log is cut off.</summary>
    public int LimitBytes { get; init; } = 1 << 20;
}
