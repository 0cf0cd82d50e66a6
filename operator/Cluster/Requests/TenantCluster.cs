using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Application.Requesting;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Controllers;
using Federation.Kubernetes.Events;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster.Requests;

/// <summary>What a tenant's operator must know of its cluster.</summary>
public sealed record TenantClusterOptions
{
    public required KubernetesClientConfiguration Configuration { get; init; }

    /// <summary>Namespace of the operator's own objects. No datacenter's operator shares it: both keep a journal there.</summary>
    public string OperatorNamespace { get; init; } = "federation-tenant";

    /// <summary>Namespace whose ComputeRequests are served; null: all namespaces.</summary>
    public string? Watch { get; init; }

    /// <summary>Install the CustomResourceDefinition where it is missing.</summary>
    public bool InstallDefinition { get; init; }

    public long Term { get; init; }

    /// <summary>Asked right before every write; null when this process alone may write.</summary>
    public IWriteFence? Fence { get; init; }
}

/// <summary>The cluster's side of a tenant's operator, for one term: the journal, and the controller of ComputeRequests.</summary>
public sealed class TenantCluster : IDisposable
{
    public const string Finalizer = Names.Group + "/refund";

    private const int Workers = 8;

    private readonly KubernetesClient origin;
    private readonly KubernetesClient client;
    private readonly TenantClusterOptions options;
    private readonly TimeProvider time;
    private readonly ILoggerFactory loggers;

    public TenantCluster(TenantClusterOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (this.options, this.time, this.loggers) = (options, time, loggers);
        origin = new KubernetesClient(options.Configuration, new KubernetesClientOptions { FieldManager = Names.Manager, UserAgent = Names.Manager }, time);
        client = options.Fence is { } fence ? origin.WithFence(fence) : origin;
        Journal = new SendJournal(client, options.OperatorNamespace, options.Term);
    }

    public ISendJournal Journal { get; }

    /// <summary>Serves ComputeRequests until cancelled.</summary>
    public async Task RunAsync(Requester requester, CancellationToken cancellation)
    {
        if (options.InstallDefinition) await InstallAsync(cancellation);
        var informers = new InformerSet(client, time, loggers);
        var requests = informers.Add<V1Alpha1ComputeRequest>(new InformerOptions { Namespace = options.Watch });
        var events = new EventRecorder(client, new EventRecorderOptions { Component = Names.Manager }, time, loggers.CreateLogger<EventRecorder>());
        var controller = new RequestController(client, requester, events, time);
        using var runner = new ControllerBuilder<V1Alpha1ComputeRequest>(requests, controller)
            // Its own status is no news: each pass says when the next one is due.
            .Where(Predicates.SpecOrMetadataChanged)
            .WithFinalizer(Finalizer, controller, client.Resource<V1Alpha1ComputeRequest>())
            .WithWorkers(Workers)
            .Build(time, loggers);
        // Events are written for as long as anybody has a word to say: what the last pass said too.
        using var end = new CancellationTokenSource();
        var writing = events.RunAsync(end.Token);
        try
        {
            await Task.WhenAll(informers.RunAsync(cancellation), runner.RunAsync(cancellation));
        }
        finally
        {
            await end.CancelAsync();
            await writing;
        }
    }

    public void Dispose() => origin.Dispose();

    private async Task InstallAsync(CancellationToken cancellation)
    {
        var definition = CrdFiles.ComputeRequest();
        var definitions = client.Resource(ResourceKinds.CustomResourceDefinition);
        var name = (string)definition["metadata"]!["name"]!;
        if (await definitions.GetAsync(name, cancellationToken: cancellation) is null) await definitions.CreateAsync(definition, cancellationToken: cancellation);
        else await definitions.PatchAsync(name, null, V1Patch.Merge(definition), cancellationToken: cancellation);
    }
}
