namespace Federation.Kubernetes.Models;

/// <summary>Names the API resource that a class stands for. Without it a class cannot be read from the API.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KubernetesEntityAttribute : Attribute
{
    /// <summary>API group; empty for the core group.</summary>
    public string Group { get; init; } = "";

    /// <summary>Version inside the group, such as <c>v1alpha1</c>.</summary>
    public string ApiVersion { get; init; } = "v1";

    /// <summary>Kind; the class name when left out.</summary>
    public string? Kind { get; init; }

    /// <summary>Plural in URLs; the lower-cased kind with an <c>s</c> when left out.</summary>
    public string? PluralName { get; init; }
}

/// <summary>Whether objects live in a namespace or in the cluster.</summary>
public enum EntityScope
{
    Namespaced,
    Cluster,
}

/// <summary>Scope of an entity; namespaced when left out.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class EntityScopeAttribute(EntityScope scope = EntityScope.Namespaced) : Attribute
{
    public EntityScope Scope { get; } = scope;
}

/// <summary>
/// Marks a model that leaves fields of the real object out. It may be read, but never written back whole:
/// a replace would erase what the class does not know.
/// </summary>
public interface IReadModel;
