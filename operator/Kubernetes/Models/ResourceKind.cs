using System.Collections.Concurrent;
using System.Reflection;

namespace Federation.Kubernetes.Models;

/// <summary>Where the objects of one kind are served: all that a URL needs.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">Version inside the group.</param>
/// <param name="Plural">Resource name in URLs.</param>
/// <param name="Kind">Kind in manifests.</param>
/// <param name="Namespaced">False for cluster-scoped kinds.</param>
public sealed record ResourceKind(string Group, string Version, string Plural, string Kind, bool Namespaced = true)
{
    private static readonly ConcurrentDictionary<Type, ResourceKind?> Known = new();

    /// <summary><c>group/version</c>, or the version alone for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The kind that <typeparamref name="T"/> declares.</summary>
    /// <exception cref="InvalidOperationException">The class has no <see cref="KubernetesEntityAttribute"/>.</exception>
    public static ResourceKind Of<T>() => Of(typeof(T));

    /// <inheritdoc cref="Of{T}"/>
    public static ResourceKind Of(Type type) => Find(type)
        ?? throw new InvalidOperationException($"{type.Name} carries no [KubernetesEntity]: say which API resource it is.");

    /// <summary>The kind that a class declares, or null.</summary>
    public static ResourceKind? Find(Type type) => Known.GetOrAdd(type, Read);

    /// <summary>URL path of the collection, of one object, or of its subresource.</summary>
    /// <exception cref="ArgumentException">A name that would leave its place in the path, or a missing namespace.</exception>
    public string Path(string? @namespace, string? name = null, string? subresource = null)
    {
        if (Namespaced && name is not null && string.IsNullOrEmpty(@namespace))
        {
            throw new ArgumentException($"{Kind} {name} lives in a namespace: name it.", nameof(@namespace));
        }

        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        var space = Namespaced && !string.IsNullOrEmpty(@namespace) ? $"/namespaces/{Segment(@namespace)}" : "";
        var item = name is null ? "" : $"/{Segment(name)}";
        var sub = subresource is null ? "" : $"/{Segment(subresource)}";
        return $"{root}{space}/{Plural}{item}{sub}";
    }

    public override string ToString() => $"{Plural}.{ApiVersion}";

    // A name from a tenant must stay one path segment: "../x" would address another resource.
    private static string Segment(string value) => value.Length == 0 || value is "." or ".."
        ? throw new ArgumentException($"'{value}' is not an object name.", nameof(value))
        : Uri.EscapeDataString(value);

    private static ResourceKind? Read(Type type)
    {
        var entity = type.GetCustomAttribute<KubernetesEntityAttribute>();
        if (entity is null)
        {
            return null;
        }

        var kind = entity.Kind ?? type.Name;
        var scope = type.GetCustomAttribute<EntityScopeAttribute>()?.Scope ?? EntityScope.Namespaced;
#pragma warning disable CA1308 // Resource names are lower case by definition.
        var plural = entity.PluralName ?? kind.ToLowerInvariant() + "s";
#pragma warning restore CA1308
        return new ResourceKind(entity.Group, entity.ApiVersion, plural, kind, scope == EntityScope.Namespaced);
    }
}
