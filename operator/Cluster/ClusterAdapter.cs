using Federation.Application.Ports;
using Federation.Cluster.Hostnames;
using Federation.Cluster.Images;
using Federation.Cluster.Manifests;
using Federation.Cluster.Networks;
using Federation.Cluster.Probing;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cluster;

/// <summary>The cluster's side of the application: makes the ports, starts what they read from, stops it again.</summary>
public sealed class ClusterAdapter : IAsyncDisposable
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stop = new();
    private readonly KubernetesClient origin;
    private readonly WriteCounter writes;
    private readonly ClusterCache cache;
    private readonly LeaseChanges changes;
    private readonly EventRecorder events;
    private readonly SemaphoreSlim flushing = new(1, 1);
    private readonly ClusterBootstrap bootstrap;
    private readonly OciRegistry registry;
    private readonly ServerFeatures features;
    private readonly RangeKeeper rangeKeeper;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private Task background = Task.CompletedTask;

    /// <exception cref="KubeConfigException">No usable kubeconfig.</exception>
    public ClusterAdapter(ClusterOptions options, IHasher hasher, TimeProvider? time = null, ILoggerFactory? loggers = null)
        : this(options, KubernetesClientConfiguration.Load(options.KubeConfig, time: time), hasher, time, loggers)
    {
    }

    public ClusterAdapter(ClusterOptions options, KubernetesClientConfiguration configuration, IHasher hasher, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        (this.time, loggers) = (time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance);
        log = loggers.CreateLogger<ClusterAdapter>();
        origin = new KubernetesClient(configuration, new KubernetesClientOptions { FieldManager = Names.Manager, UserAgent = Names.Manager }, this.time);
        writes = new WriteCounter(options.Fence);
        Client = origin.WithFence(writes);
        cache = new ClusterCache(Client, options.DatacenterName, this.time, loggers);
        changes = new LeaseChanges(cache);
        events = new EventRecorder(Client, new EventRecorderOptions { Component = Names.Manager }, this.time, loggers.CreateLogger<EventRecorder>());
        Tampering.Record(cache, events);

        var ranges = new OwnRanges(options.Network, this.time, log);
        cache.Nodes.AddHandler(ranges.Handle);
        rangeKeeper = new RangeKeeper(ranges, new ServerAddresses(Client), changes, this.time, log);

        var writer = new ClusterWriter(Client);
        var namespaces = new LeaseNamespaces(Client, cache, writer);
        var datacenter = new DatacenterView(cache, options.DatacenterName);
        features = new ServerFeatures(Client);
        var confinement = new PodConfinement(cache, features);
        bootstrap = new ClusterBootstrap(Client, options, features, this.time, log);
        var isolation = new IsolationApplier(cache, writer, namespaces, datacenter, hasher, ranges, events);
        Spaces = namespaces;
        var holds = new HoldStore(Client, options.OperatorNamespace, options.Term);
        Holds = holds;
        Leases = new LeaseStore(cache, writer, namespaces, holds, events, options.Chain, this.time, loggers.CreateLogger<LeaseStore>());
        var ports = new PortBook(cache, datacenter);
        var binder = new PodBinder(cache, namespaces);
        Workloads = new WorkloadCluster(cache, namespaces, isolation, new WorkloadApplier(cache, writer, datacenter, confinement, features, ports, new VolumeGrower(Client, cache, writer), binder, hasher), new RouteApplier(cache, writer, datacenter, this.time), new ExportApplier(cache, writer, datacenter, options.ExportImage), datacenter, ports, new VolumeBook(cache), ranges, new ForeignPods(cache, events));
        Cursor = new CursorStore(Client, options.OperatorNamespace, options.Chain);
        Journal = new SendJournal(Client, options.OperatorNamespace, options.Term);
        Datacenter = new DatacenterStore(cache, writer, datacenter, confinement, this.time);
        NetworkProbe = options.Probe is { } probe ? new NetworkProbe(Client, probe, this.time, log) : null;
        NameService = new DnsRecords(options.Resolvers);
        registry = new OciRegistry(datacenter.Images, () => ranges.Denied, this.time, () => [.. cache.Nodes.List().Select(n => n.Status?.NodeInfo?.Architecture).OfType<string>().Distinct()]);
    }

    public ILeaseStore Leases { get; }

    public IWorkloadCluster Workloads { get; }

    public ILeaseSpaces Spaces { get; }

    public IImageRegistry Images => registry;

    /// <summary>The name service that the options name.</summary>
    public INameRecords NameService { get; }

    public ICursorStore Cursor { get; }

    public IHoldStore Holds { get; }

    public ISendJournal Journal { get; }

    public IDatacenterStore Datacenter { get; }

    /// <summary>Null when none is configured.</summary>
    public INetworkProbe? NetworkProbe { get; }

    /// <summary>The client that all of this uses; its writes are counted and fenced.</summary>
    public KubernetesClient Client { get; }

    /// <summary>Writes that left for the API server since the start, Events and repetitions included.</summary>
    public long Writes => writes.Count;

    /// <summary>Longest silence of any watch; more than some minutes means that something is stuck.</summary>
    public TimeSpan Silence => cache.Silence;

    /// <summary>True once the caches show the cluster as it is.</summary>
    public bool HasSynced => cache.Informers.HasSynced;

    /// <summary>Leases of which anything in the cluster changed: each once, however much happened. For one reader.</summary>
    public IAsyncEnumerable<LeaseId> ChangesAsync(CancellationToken cancellation) => changes.ReadAllAsync(cancellation);

    /// <summary>Waits for the API server for as long as it takes, installs what is missing, and fills the caches.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await bootstrap.RunAsync(cancellation);
        background = Task.WhenAll(cache.Informers.RunAsync(stop.Token), cache.FollowHttpRoutesAsync(ServesHttpRoutesAsync, stop.Token), WriteEventsAsync());
        // What is there of HTTPRoutes is seen before anything is decided on it.
        var synced = Task.WhenAll(cache.Informers.WaitForSyncAsync(cancellation), bootstrap.ServesHttpRoutes ? cache.WaitForHttpRoutesAsync(cancellation) : Task.CompletedTask);
        while (await Task.WhenAny(synced, Task.Delay(TellEvery, time, cancellation)) != synced && !cancellation.IsCancellationRequested)
            log.LogWarning("Waiting for the caches to fill from {Server}", Client.Configuration.Server);
        await synced;
        // Before the first lease is looked at: what is closed to it must not change with the second look.
        await rangeKeeper.BeginAsync(cancellation);
        background = Task.WhenAll(background, rangeKeeper.RunAsync(stop.Token));
    }

    /// <summary>Returns when all Events so far are written.</summary>
    public async Task FlushEventsAsync(CancellationToken cancellation)
    {
        await flushing.WaitAsync(cancellation);
        try
        {
            await events.FlushAsync(cancellation);
        }
        finally
        {
            flushing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        registry.Dispose();
        origin.Dispose();
        stop.Dispose();
        flushing.Dispose();
    }

    private async Task<bool> ServesHttpRoutesAsync(CancellationToken cancellation)
    {
        try
        {
            return bootstrap.ServesHttpRoutes || await features.ServesHttpRoutesAsync(cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or KubernetesException or TimeoutException)
        {
            log.LogWarning("It is not known whether the API server serves HTTPRoutes: {Error}", error.Message);
            return false;
        }
    }

    // Once more after the end, so that the last words are not lost.
    private async Task WriteEventsAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await events.WaitAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await FlushEventsAsync(CancellationToken.None);
        }
    }
}
