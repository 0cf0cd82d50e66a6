using System.Reflection;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Definitions;

/// <summary>
/// Makes CustomResourceDefinitions (<c>apiextensions.k8s.io/v1</c>) from entity classes. The same classes give the same
/// text, so that a committed file can be compared. A type that JSON or the API cannot carry is an error that says what to use.
/// </summary>
public static class CrdGenerator
{
    /// <summary>One definition per group and kind of an assembly's entities, in the order of their names.</summary>
    public static IReadOnlyList<JsonObject> Generate(Assembly assembly) =>
    [
        .. assembly.GetTypes()
            .Where(type => ResourceKind.Find(type) is { Group.Length: > 0 })
            .GroupBy(type => (ResourceKind.Of(type).Group, ResourceKind.Of(type).Kind))
            .OrderBy(group => group.Key)
            .Select(group => Generate([.. group])),
    ];

    /// <summary>The definition of one entity class.</summary>
    public static JsonObject Generate<TEntity>()
        where TEntity : IKubernetesObject => Generate(typeof(TEntity));

    /// <summary>The definition of one kind, given a class for each of its versions.</summary>
    /// <exception cref="InvalidOperationException">The classes are not versions of one kind, or cannot become a schema.</exception>
    public static JsonObject Generate(params Type[] versions)
    {
        var kinds = versions.Select(ResourceKind.Of).ToArray();
        var kind = kinds[0];
        if (kinds.Any(other => (other.Group, other.Kind, other.Plural, other.Namespaced) != (kind.Group, kind.Kind, kind.Plural, kind.Namespaced)))
        {
            throw new InvalidOperationException($"{string.Join(", ", versions.Select(type => type.Name))} are not versions of one kind.");
        }

        var storage = StorageOf(versions);
        var ordered = versions.OrderBy(type => ResourceKind.Of(type).Version, StringComparer.Ordinal);
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{kind.Plural}.{kind.Group}" },
            ["spec"] = new JsonObject
            {
                ["group"] = kind.Group,
                ["names"] = Names(kind, storage),
                ["scope"] = kind.Namespaced ? "Namespaced" : "Cluster",
                ["versions"] = new JsonArray([.. ordered.Select(type => (JsonNode)Version(type, type == storage))]),
            },
        };
    }

    private static Type StorageOf(Type[] versions)
    {
        if (versions.Length == 1)
        {
            return versions[0];
        }

        var marked = versions.Where(type => type.IsDefined(typeof(StorageVersionAttribute))).ToArray();
        return marked.Length == 1
            ? marked[0]
            : throw new InvalidOperationException($"Of {versions.Length} versions of {versions[0].Name} exactly one must be the [StorageVersion].");
    }

    private static JsonObject Names(ResourceKind kind, Type type)
    {
        var names = new JsonObject { ["kind"] = kind.Kind, ["listKind"] = kind.Kind + "List", ["plural"] = kind.Plural };
#pragma warning disable CA1308 // Resource names are lower case by definition.
        names["singular"] = kind.Kind.ToLowerInvariant();
#pragma warning restore CA1308
        Texts(names, "shortNames", type.GetCustomAttribute<KubernetesEntityShortNamesAttribute>()?.ShortNames);
        Texts(names, "categories", type.GetCustomAttribute<KubernetesEntityCategoriesAttribute>()?.Categories);
        return names;
    }

    private static JsonObject Version(Type type, bool storage)
    {
        var version = new JsonObject
        {
            ["name"] = ResourceKind.Of(type).Version,
            ["served"] = !type.IsDefined(typeof(NotServedAttribute)),
            ["storage"] = storage,
        };
        var columns = PrinterColumns.Of(type);
        if (columns.Count > 0)
        {
            version["additionalPrinterColumns"] = columns;
        }

        version["schema"] = new JsonObject { ["openAPIV3Schema"] = SchemaBuilder.Root(type) };
        var subresources = Subresources(type);
        if (subresources.Count > 0)
        {
            version["subresources"] = subresources;
        }

        return version;
    }

    private static JsonObject Subresources(Type type)
    {
        var result = new JsonObject();
        if (SchemaProperty.Of(type).Any(property => property.Name == "status"))
        {
            result["status"] = new JsonObject();
        }

        if (type.GetCustomAttribute<ScaleSubresourceAttribute>() is { } scale)
        {
            var paths = new JsonObject { ["specReplicasPath"] = scale.SpecReplicas, ["statusReplicasPath"] = scale.StatusReplicas };
            if (scale.LabelSelector is not null)
            {
                paths["labelSelectorPath"] = scale.LabelSelector;
            }

            result["scale"] = paths;
        }

        return result;
    }

    private static void Texts(JsonObject target, string name, IReadOnlyList<string>? values)
    {
        if (values is { Count: > 0 })
        {
            target[name] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }
    }
}
