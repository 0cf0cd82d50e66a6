using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Definitions;

/// <summary>A property as JSON sees it: what the serializer writes is what the schema names.</summary>
internal sealed record SchemaProperty(string Name, PropertyInfo Info, bool Required)
{
    /// <summary>The properties of a class that are stored, base classes first, in the order of their declaration.</summary>
    public static IReadOnlyList<SchemaProperty> Of(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(IsStored)
            .OrderBy(property => Depth(property.DeclaringType!))
            .ThenBy(property => property.MetadataToken)
            .Select(property => new SchemaProperty(NameOf(property), property, IsRequired(property))),
    ];

    // A property that cannot be set is computed; one that the serializer leaves out is never stored.
    private static bool IsStored(PropertyInfo property) =>
        property is { CanRead: true, CanWrite: true }
        && property.SetMethod!.IsPublic
        && property.GetIndexParameters().Length == 0
        && !property.IsDefined(typeof(IgnoreAttribute))
        && property.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always }
        && property.DeclaringType != typeof(KubernetesObject);

    private static string NameOf(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static bool IsRequired(PropertyInfo property) =>
        property.IsDefined(typeof(RequiredAttribute)) || property.IsDefined(typeof(RequiredMemberAttribute));

    private static int Depth(Type type) => type.BaseType is null ? 0 : 1 + Depth(type.BaseType);
}
