namespace Federation.Kubernetes.Watching;

/// <summary>Why an informer speaks.</summary>
public enum InformerEventType
{
    Added,
    Updated,
    Deleted,

    /// <summary>Nothing changed: the periodic look at everything.</summary>
    Resynced,
}

/// <summary>A change of the cache.</summary>
/// <param name="Type">What changed.</param>
/// <param name="Old">The object before; null when it is new.</param>
/// <param name="Object">The object now; for a deletion, as last seen.</param>
public sealed record InformerEvent<T>(InformerEventType Type, T? Old, T Object)
    where T : class;
