using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Watching;

/// <summary>The informers of a process: made once, shared by its controllers, run and judged together.</summary>
public sealed class InformerSet(KubernetesClient client, TimeProvider? time = null, ILoggerFactory? loggers = null)
{
    private readonly List<IInformer> informers = [];
    private readonly ILoggerFactory loggers = loggers ?? NullLoggerFactory.Instance;

    /// <summary>Adds an informer of an entity class; before <see cref="RunAsync"/>.</summary>
    public Informer<T> Add<T>(InformerOptions? options = null)
        where T : class, IKubernetesObject => Add(client.Resource<T>(), options);

    /// <summary>Adds an informer of JSON trees.</summary>
    public Informer<JsonObject> Add(ResourceKind kind, InformerOptions? options = null) => Add(client.Resource(kind), options);

    /// <summary>Adds an informer of objects whose trees are read when they are looked at.</summary>
    public Informer<PackedObject> AddPacked(ResourceKind kind, InformerOptions? options = null) => Add(client.Packed(kind), options);

    /// <summary>Adds an informer of metadata alone.</summary>
    public Informer<PartialObjectMetadata> AddMetadata(ResourceKind kind, InformerOptions? options = null) => Add(client.Metadata(kind), options);

    /// <summary>Adds an informer of any resource client.</summary>
    public Informer<T> Add<T>(ResourceClient<T> resource, InformerOptions? options = null)
        where T : class
    {
        var informer = new Informer<T>(resource, options, time, loggers.CreateLogger($"Federation.Kubernetes.Informer.{resource.Kind.Plural}"));
        informers.Add(informer);
        return informer;
    }

    public bool HasSynced => informers.TrueForAll(informer => informer.HasSynced);

    /// <summary>Longest silence of any informer; a liveness probe compares it with the idle timeout.</summary>
    public TimeSpan LastActivity => informers.Count == 0 ? TimeSpan.Zero : informers.Max(informer => informer.LastActivity);

    /// <summary>Runs all informers until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(informers.Select(informer => informer.RunAsync(cancellationToken)));

    public Task WaitForSyncAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(informers.Select(informer => informer.WaitForSyncAsync(cancellationToken)));
}
