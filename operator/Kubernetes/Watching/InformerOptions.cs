using Federation.Kubernetes.Queueing;

namespace Federation.Kubernetes.Watching;

/// <summary>What an informer holds, and how it keeps up.</summary>
public sealed record InformerOptions
{
    /// <summary>A namespace, or null for all.</summary>
    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }

    /// <summary>
    /// Objects in a page of the list. A page is read whole, and the buffers for the largest stay: more in one save little time and cost
    /// memory for good.
    /// </summary>
    public int PageSize { get; init; } = 200;

    /// <summary>How often every object is announced again without a change; null for never.</summary>
    public TimeSpan? Resync { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// After how long everything is listed anew, at the latest. Events that were lost on the way, while later ones arrived, are
    /// told by nothing else.
    /// </summary>
    public TimeSpan Relist { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The same at the soonest: how soon few objects are listed anew.</summary>
    public TimeSpan RelistSoonest { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>In between, so much for each object: what listing costs a second is the same for few and for many.</summary>
    public TimeSpan RelistPerObject { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a single watch lasts. A quiet server owes nothing before its end, so this bounds how soon one is noticed that
    /// neither speaks nor ends.
    /// </summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Silence after which a watch counts as dead; <see cref="WatchTimeout"/> and 5 s when null.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Pauses between failed attempts to list or watch.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));

    /// <summary>Keep <c>metadata.managedFields</c>, which are often larger than the rest.</summary>
    public bool KeepManagedFields { get; init; }
}
