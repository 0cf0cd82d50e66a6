namespace Federation.Kubernetes.Models;

/// <summary>How server-side apply merges a list.</summary>
public enum ListType
{
    /// <summary>Replaced as a whole.</summary>
    Atomic,

    /// <summary>Unique scalars.</summary>
    Set,

    /// <summary>Objects found by their keys.</summary>
    Map,
}

/// <summary>Merge strategy of a list (<c>x-kubernetes-list-type</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class XListTypeAttribute(ListType type) : Attribute
{
    public ListType Type { get; } = type;
}

/// <summary>Fields that identify an item of a map list; they become required in the item.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class XListMapKeysAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys { get; } = keys;
}
