using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>
/// Reads and writes the objects of one kind. <typeparamref name="T"/> is an entity class, or <see cref="JsonObject"/>
/// for kinds without a class. Refusals are <see cref="KubernetesException"/>, a silent server is a <see cref="TimeoutException"/>.
/// </summary>
public sealed class ResourceClient<T>
    where T : class
{
    private readonly ApiConnection connection;
    private readonly ObjectReader<T> reader;

    internal ResourceClient(ApiConnection connection, ResourceKind kind)
    {
        this.connection = connection;
        Kind = kind;
        reader = new ObjectReader<T>(kind);
    }

    public ResourceKind Kind { get; }

    /// <returns>The object, or null when there is none.</returns>
    public async Task<T?> GetAsync(string name, string? @namespace = null, CancellationToken cancellationToken = default)
    {
        try
        {
            var request = new ApiRequest(HttpMethod.Get, Kind.Path(@namespace, name)) { Accept = reader.AcceptOne };
            return reader.One(await connection.SendAsync(request, cancellationToken));
        }
        catch (KubernetesException failure) when (failure.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>All objects, fetched in pages that show one version.</summary>
    /// <param name="namespace">A namespace, or null for all.</param>
    /// <param name="options">Selectors and page size.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<KubernetesList<T>> ListAsync(string? @namespace = null, ListOptions? options = null, CancellationToken cancellationToken = default)
    {
        var items = new List<T>();
        var unreadable = new List<UnreadableObject>();
        var last = new V1ListMeta();
        await foreach (var page in ListPagesAsync(@namespace, options, cancellationToken))
        {
            items.AddRange(page.Items);
            unreadable.AddRange(page.Unreadable);
            last = page.Metadata;
        }

        return new KubernetesList<T> { Metadata = last, Items = items, Unreadable = unreadable };
    }

    /// <summary>The pages of a list, one at a time. A token that expires on the way is a <see cref="KubernetesException.IsGone"/>.</summary>
    public async IAsyncEnumerable<KubernetesList<T>> ListPagesAsync(
        string? @namespace = null, ListOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? token = null;
        do
        {
            var page = reader.Page(await connection.SendAsync(reader.List(@namespace, options ?? new ListOptions(), token), cancellationToken));
            yield return page;
            token = page.Metadata.ContinueProperty;
        }
        while (!string.IsNullOrEmpty(token));
    }

    /// <summary>Changes as they happen. Ends when the server ends it; the caller goes on from the last version seen.</summary>
    /// <exception cref="KubernetesException">In the stream or before it; <see cref="KubernetesException.IsGone"/>: list again.</exception>
    /// <exception cref="SilentWatchException">Silence for longer than <see cref="WatchOptions.IdleTimeout"/>.</exception>
    public IAsyncEnumerable<WatchEvent<T>> WatchAsync(string? @namespace = null, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        WatchStream.ReadAsync(connection, reader, @namespace, options ?? new WatchOptions(), cancellationToken);

    public Task<T> CreateAsync(T entity, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var space = ObjectView.Key(entity).Namespace;
        return WriteAsync(HttpMethod.Post, Kind.Path(space), reader.Tree(entity), options, cancellationToken);
    }

    /// <summary>Writes the whole object. Its resourceVersion, when set, must still be the stored one.</summary>
    /// <exception cref="NotSupportedException">The class leaves fields out, which this would erase.</exception>
    public Task<T> ReplaceAsync(T entity, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (entity is IReadModel)
        {
            throw new NotSupportedException($"{typeof(T).Name} leaves fields out, which a replace would erase: patch or apply instead.");
        }

        var key = ObjectView.Key(entity);
        return WriteAsync(HttpMethod.Put, Kind.Path(key.Namespace, key.Name, options?.Subresource), reader.Tree(entity), options, cancellationToken);
    }

    /// <summary>Writes the status alone; the server ignores everything else.</summary>
    public Task<T> ReplaceStatusAsync(T entity, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ReplaceAsync(entity, (options ?? new WriteOptions()) with { Subresource = "status" }, cancellationToken);

    public async Task<T> PatchAsync(
        string name, string? @namespace, V1Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var path = Options(options).On(Kind.Path(@namespace, name, options?.Subresource));
        var request = new ApiRequest(HttpMethod.Patch, path) { Body = patch.Body, ContentType = patch.ContentType, Accept = reader.AcceptOne };
        return reader.One(await connection.SendAsync(request, cancellationToken));
    }

    /// <summary>Server-side apply: states the fields that this manager wants, and no others.</summary>
    /// <param name="manifest">Partial object with a name; apiVersion and kind are filled in.</param>
    /// <param name="options">Manager, force, subresource.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="KubernetesException"><see cref="KubernetesException.IsConflict"/>: another manager owns a field.</exception>
    public async Task<T> ApplyAsync(JsonObject manifest, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        var key = ObjectView.Key(manifest);
        var query = Options(new WriteOptions { FieldManager = options?.FieldManager, DryRun = options?.DryRun ?? false })
            .With("force", options?.Force == true ? "true" : null);
        var request = new ApiRequest(HttpMethod.Patch, query.On(Kind.Path(key.Namespace, key.Name, options?.Subresource)))
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(reader.Complete((JsonObject)manifest.DeepClone()), KubernetesJson.Options),
            ContentType = "application/apply-patch+yaml",
            Accept = reader.AcceptOne,
        };
        return reader.One(await connection.SendAsync(request, cancellationToken));
    }

    /// <summary>Applies the status subresource.</summary>
    public Task<T> ApplyStatusAsync(JsonObject manifest, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        ApplyAsync(manifest, (options ?? new ApplyOptions()) with { Subresource = "status" }, cancellationToken);

    /// <returns>False when there was nothing to delete.</returns>
    /// <exception cref="KubernetesException"><see cref="KubernetesException.IsConflict"/>: a precondition does not hold.</exception>
    public async Task<bool> DeleteAsync(string name, string? @namespace = null, DeleteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = new ApiRequest(HttpMethod.Delete, Kind.Path(@namespace, name)) { Body = DeleteBody(options ?? new DeleteOptions()) };
        try
        {
            await connection.SendAsync(request, cancellationToken);
            return true;
        }
        catch (KubernetesException failure) when (failure.IsNotFound)
        {
            return false;
        }
    }

    private async Task<T> WriteAsync(HttpMethod method, string path, JsonObject body, WriteOptions? options, CancellationToken cancellationToken)
    {
        var request = new ApiRequest(method, Options(options).On(path))
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, KubernetesJson.Options),
            Accept = options?.AnswersMetadata == true ? ObjectReader<T>.MetadataOnly : reader.AcceptOne,
        };
        return reader.One(await connection.SendAsync(request, cancellationToken));
    }

    private Query Options(WriteOptions? options) => new Query()
        .With("fieldManager", options?.FieldManager ?? connection.Options.FieldManager)
        .With("dryRun", options?.DryRun == true ? "All" : null);

    private static byte[] DeleteBody(DeleteOptions options)
    {
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        if (options.Uid is not null || options.ResourceVersion is not null)
        {
            var conditions = new JsonObject();
            body["preconditions"] = conditions;
            Set(conditions, "uid", options.Uid);
            Set(conditions, "resourceVersion", options.ResourceVersion);
        }

        Set(body, "propagationPolicy", options.Propagation?.ToString());
        Set(body, "gracePeriodSeconds", options.GracePeriodSeconds);
        Set(body, "dryRun", options.DryRun ? new JsonArray("All") : null);
        return JsonSerializer.SerializeToUtf8Bytes(body, KubernetesJson.Options);
    }

    private static void Set(JsonObject target, string name, JsonNode? value)
    {
        if (value is not null)
        {
            target[name] = value;
        }
    }
}
