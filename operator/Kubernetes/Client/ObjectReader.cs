using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>Turns answers into objects of one kind, and objects into manifests.</summary>
internal sealed class ObjectReader<T>(ResourceKind kind)
    where T : class
{
    public const string MetadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    private const string MetadataListOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    public static bool IsMetadataOnly => typeof(T) == typeof(PartialObjectMetadata);

    public string AcceptOne => IsMetadataOnly ? MetadataOnly : ApiRequest.Json;

    public string AcceptList => IsMetadataOnly ? MetadataListOnly : ApiRequest.Json;

    public ResourceKind Kind => kind;

    public ApiRequest List(string? @namespace, ListOptions options, string? token)
    {
        var query = new Query()
            .With("labelSelector", options.LabelSelector)
            .With("fieldSelector", options.FieldSelector)
            .With("limit", options.Limit > 0 ? options.Limit.ToString(CultureInfo.InvariantCulture) : null)
            .With("continue", token)
            // A page token carries its own version, and the server refuses both together.
            .With("resourceVersion", token is null ? options.ResourceVersion : null);
        return new ApiRequest(HttpMethod.Get, query.On(kind.Path(@namespace))) { Accept = AcceptList };
    }

    public T One(byte[] body) => JsonSerializer.Deserialize<T>(body, KubernetesJson.Options)
        ?? throw new JsonException($"An empty answer where a {kind.Kind} was expected.");

    /// <summary>A page of a list. One object that does not fit its class must not hide all the others.</summary>
    public KubernetesList<T> Page(byte[] body)
    {
        try
        {
            var page = JsonSerializer.Deserialize<KubernetesList<T>>(body, KubernetesJson.Options) ?? new KubernetesList<T>();
            foreach (var tree in page.Items.OfType<JsonObject>())
            {
                Complete(tree);
            }

            foreach (var packed in page.Items.OfType<PackedObject>())
            {
                packed.Kind = kind;
            }

            return page;
        }
        catch (JsonException)
        {
            return PageByItem(body);
        }
    }

    /// <summary>The manifest of an object, with apiVersion and kind.</summary>
    public JsonObject Tree(T entity)
    {
        var tree = entity as JsonObject ?? JsonSerializer.SerializeToNode(entity, KubernetesJson.Options)!.AsObject();
        return Complete(entity is JsonObject ? (JsonObject)tree.DeepClone() : tree);
    }

    public JsonObject Complete(JsonObject tree)
    {
        tree["apiVersion"] ??= kind.ApiVersion;
        tree["kind"] ??= kind.Kind;
        return tree;
    }

    private static KubernetesList<T> PageByItem(byte[] body)
    {
        var page = JsonSerializer.Deserialize<KubernetesList<JsonObject>>(body, KubernetesJson.Options)!;
        var items = new List<T>(page.Items.Count);
        var unreadable = new List<UnreadableObject>();
        foreach (var item in page.Items)
        {
            try
            {
                items.Add(item.Deserialize<T>(KubernetesJson.Options)!);
            }
            catch (JsonException failure)
            {
                unreadable.Add(new UnreadableObject(ObjectView.Key(item), failure.Message));
            }
        }

        return new KubernetesList<T> { Metadata = page.Metadata, Items = items, Unreadable = unreadable };
    }
}
