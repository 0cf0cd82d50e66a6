using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>What happened to a watched object.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing happened up to this version: a later watch may go on from it.</summary>
    Bookmark,

    /// <summary>The object exists, but does not fit its class.</summary>
    Unreadable,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object after it (before it, for a deletion); null for a bookmark or an unreadable object.</param>
/// <param name="ResourceVersion">Version to go on from.</param>
/// <param name="Unreadable">Set when the object does not fit its class.</param>
public sealed record WatchEvent<T>(WatchEventType Type, T? Object, string? ResourceVersion, UnreadableObject? Unreadable = null)
    where T : class;
