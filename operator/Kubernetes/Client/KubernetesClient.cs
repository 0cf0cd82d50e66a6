using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>The API server. One per process is enough: it is safe for concurrent use and pools its connections.</summary>
public sealed class KubernetesClient : IDisposable
{
    private readonly HttpClient http;
    private readonly ApiConnection connection;

    /// <param name="configuration">Which server, and as whom.</param>
    /// <param name="options">Bounds of every call.</param>
    /// <param name="time">Clock of timeouts and pauses.</param>
    public KubernetesClient(KubernetesClientConfiguration configuration, KubernetesClientOptions? options = null, TimeProvider? time = null)
    {
        Configuration = configuration;
        http = ConnectionFactory.Create(configuration, options ?? new KubernetesClientOptions());
        connection = new ApiConnection(http, options ?? new KubernetesClientOptions(), time ?? TimeProvider.System);
        Discovery = new Discovery(connection);
    }

    private KubernetesClient(KubernetesClient origin, IWriteFence fence)
    {
        Configuration = origin.Configuration;
        http = origin.http;
        connection = origin.connection.WithFence(fence);
        Discovery = origin.Discovery;
    }

    public KubernetesClientConfiguration Configuration { get; }

    public Discovery Discovery { get; }

    /// <summary>Objects of an entity class.</summary>
    public ResourceClient<T> Resource<T>()
        where T : class, IKubernetesObject => new(connection, ResourceKind.Of<T>());

    /// <summary>Objects of any kind as JSON trees.</summary>
    public ResourceClient<JsonObject> Resource(ResourceKind kind) => new(connection, kind);

    /// <summary>Objects of any kind as they are kept by the thousand; for reading.</summary>
    public ResourceClient<PackedObject> Packed(ResourceKind kind) => new(connection, kind);

    /// <summary>Metadata of any kind, without the bodies: a fraction of the traffic and the memory.</summary>
    public ResourceClient<PartialObjectMetadata> Metadata(ResourceKind kind) => new(connection, kind);

    /// <summary>Server-side apply of a whole manifest; its kind is found by discovery.</summary>
    /// <exception cref="KubernetesException">Refused; <see cref="KubernetesException.IsNotFound"/> when the kind is not served.</exception>
    public async Task<JsonObject> ApplyAsync(JsonObject manifest, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        await Resource(await KindAsync(manifest, cancellationToken)).ApplyAsync(manifest, options, cancellationToken);

    /// <summary>The resource that a manifest belongs to.</summary>
    /// <exception cref="KubernetesException">The manifest names no kind, or the server does not serve it.</exception>
    public async Task<ResourceKind> KindAsync(JsonObject manifest, CancellationToken cancellationToken = default)
    {
        var (version, kind) = ((string?)manifest["apiVersion"] ?? "", (string?)manifest["kind"] ?? "");
        return await Discovery.FindAsync(version, kind, cancellationToken) ?? throw new KubernetesException(
            new V1Status { Reason = "NotFound", Code = 404, Message = $"The server does not serve {kind} in {version}." }, System.Net.HttpStatusCode.NotFound);
    }

    /// <summary>Body of any path, such as <c>/readyz</c> or <c>/metrics</c>.</summary>
    public async Task<string> GetRawAsync(string path, CancellationToken cancellationToken = default) =>
        Encoding.UTF8.GetString(await connection.SendAsync(new ApiRequest(HttpMethod.Get, path) { Accept = "*/*" }, cancellationToken));

    /// <summary>A container's log so far, cut off at <see cref="LogOptions.LimitBytes"/>.</summary>
    public async Task<string> ReadLogAsync(string pod, string @namespace, LogOptions? options = null, CancellationToken cancellationToken = default)
    {
        var chosen = options ?? new LogOptions();
        var query = new Query()
            .With("container", chosen.Container)
            .With("previous", chosen.Previous ? "true" : null)
            .With("tailLines", chosen.TailLines?.ToString(CultureInfo.InvariantCulture))
            .With("sinceTime", chosen.SinceTime?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))
            .With("timestamps", chosen.Timestamps ? "true" : null)
            .With("limitBytes", chosen.LimitBytes.ToString(CultureInfo.InvariantCulture));
        return await GetRawAsync(query.On(ResourceKinds.Pod.Path(@namespace, pod, "log")), cancellationToken);
    }

    /// <summary>A view of this client whose writes ask the fence first. It shares connections; dispose only the origin.</summary>
    public KubernetesClient WithFence(IWriteFence fence) => new(this, fence);

    public void Dispose() => http.Dispose();
}
