using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Kubernetes.Models;

/// <summary>The metadata of an object, whether it is typed or a JSON tree.</summary>
public static class ObjectView
{
    /// <exception cref="ArgumentException">Neither a typed object nor a JSON object.</exception>
    public static V1ObjectMeta Metadata(object value) => value switch
    {
        IKubernetesObject typed => typed.Metadata,
        JsonObject tree => tree["metadata"]?.Deserialize<V1ObjectMeta>(KubernetesJson.Options) ?? new V1ObjectMeta(),
        PackedObject packed => Metadata(packed.Tree),
        _ => throw new ArgumentException($"{value.GetType().Name} is not a Kubernetes object.", nameof(value)),
    };

    /// <summary>Namespace and name of an object.</summary>
    public static ObjectKey Key(object value)
    {
        if (value is PackedObject packed)
        {
            return packed.Key;
        }

        var metadata = value is JsonObject tree ? Slim(tree) : Metadata(value);
        return new ObjectKey(metadata.Namespace ?? "", metadata.Name ?? "");
    }

    /// <summary>The version under which the API server stored the object.</summary>
    public static string? ResourceVersion(object value) => value switch
    {
        JsonObject tree => (string?)tree["metadata"]?["resourceVersion"],
        PackedObject packed => packed.ResourceVersion,
        _ => Metadata(value).ResourceVersion,
    };

    /// <summary>Reference for an event or an owner reference.</summary>
    public static V1ObjectReference Reference(object value)
    {
        var metadata = Metadata(value);
        var tree = value as JsonObject;
        var typed = value as IKubernetesObject;
        return new V1ObjectReference
        {
            ApiVersion = typed?.ApiVersion ?? (string?)tree?["apiVersion"],
            Kind = typed?.Kind ?? (string?)tree?["kind"],
            Name = metadata.Name,
            Namespace = metadata.Namespace,
            Uid = metadata.Uid,
            ResourceVersion = metadata.ResourceVersion,
        };
    }

    /// <summary>An owner reference to this object, which the garbage collector follows.</summary>
    /// <exception cref="InvalidOperationException">The object was never stored: it has no uid.</exception>
    public static V1OwnerReference AsOwner(object value, bool controller = true, bool blockDeletion = true)
    {
        var reference = Reference(value);
        return new V1OwnerReference
        {
            ApiVersion = reference.ApiVersion ?? throw new InvalidOperationException("An owner needs an apiVersion."),
            Kind = reference.Kind ?? throw new InvalidOperationException("An owner needs a kind."),
            Name = reference.Name ?? throw new InvalidOperationException("An owner needs a name."),
            Uid = reference.Uid ?? throw new InvalidOperationException("An owner must be stored first: it has no uid."),
            Controller = controller,
            BlockOwnerDeletion = blockDeletion,
        };
    }

    // Reads two fields only: the whole metadata would be parsed for every event.
    private static V1ObjectMeta Slim(JsonObject tree) => new()
    {
        Name = (string?)tree["metadata"]?["name"],
        Namespace = (string?)tree["metadata"]?["namespace"],
    };
}
