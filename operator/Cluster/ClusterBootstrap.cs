using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster;

/// <summary>What must be there before the first lease: an API server that answers, the definitions, a namespace, the tenants' role.</summary>
internal sealed class ClusterBootstrap(KubernetesClient client, ClusterOptions options, ServerFeatures features, TimeProvider time, ILogger log)
{
    private static readonly Backoff Pause = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));
    private static readonly ApplyOptions Apply = new() { FieldManager = Names.Manager, Force = true };

    /// <summary>As it was when this ran.</summary>
    public bool ServesHttpRoutes { get; private set; }

    public async Task RunAsync(CancellationToken cancellation)
    {
        await UntilAsync("the Kubernetes API server", AnswersAsync, cancellation);
        if (options.InstallDefinitions)
            foreach (var definition in CrdFiles.OfDatacenter()) await EnsureDefinitionAsync(definition, cancellation);
        foreach (var definition in CrdFiles.OfDatacenter())
            await UntilAsync($"the CustomResourceDefinition {Name(definition)}", c => IsEstablishedAsync(definition, c), cancellation);
        await EnsureAsync(ResourceKinds.Namespace, OwnNamespace(), cancellation);
        await EnsureRoleAsync(TenantManifest.Role(), cancellation);
        await UntilAsync("the list of what the API server serves", DiscoverAsync, cancellation);
    }

    private static ResourceKind ClusterRole { get; } = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);

    private async Task EnsureAsync(ResourceKind kind, JsonObject manifest, CancellationToken cancellation)
    {
        var seen = await client.Resource(kind).GetAsync(Name(manifest), cancellationToken: cancellation);
        if (seen is not null && ManifestComparer.Holds(seen, manifest)) return;
        await client.Resource(kind).ApplyAsync(manifest, Apply, cancellation);
        log.LogInformation("{Kind} {Name} {What}", kind.Kind, Name(manifest), seen is null ? "made" : "brought up to date");
    }

    // By its rules: who else installs it, a chart, has labels of its own, and lets nobody but itself write roles.
    private async Task EnsureRoleAsync(JsonObject role, CancellationToken cancellation)
    {
        var seen = await client.Resource(ClusterRole).GetAsync(Name(role), cancellationToken: cancellation);
        if (seen is null || !JsonNode.DeepEquals(seen["rules"], role["rules"])) await EnsureAsync(ClusterRole, role, cancellation);
    }

    // Not by server-side apply, and not compared field by field: a server that is older than CEL refuses the rules in
    // an apply, and drops them in silence from what it stores.
    private async Task EnsureDefinitionAsync(JsonObject definition, CancellationToken cancellation)
    {
        var definitions = client.Resource(ResourceKinds.CustomResourceDefinition);
        var hash = IsolationManifests.Hash([definition]);
        definition["metadata"]!["annotations"] = Json.Map((Names.AppliedAnnotation, hash));
        var seen = await definitions.GetAsync(Name(definition), cancellationToken: cancellation);
        if (seen.Annotation(Names.AppliedAnnotation) == hash) return;
        if (seen is null) await definitions.CreateAsync(definition, cancellationToken: cancellation);
        else await definitions.PatchAsync(Name(definition), null, V1Patch.Merge(definition), cancellationToken: cancellation);
        log.LogInformation("CustomResourceDefinition {Name} {What}", Name(definition), seen is null ? "made" : "brought up to date");
    }

    private async Task<string?> DiscoverAsync(CancellationToken cancellation)
    {
        ServesHttpRoutes = await features.ServesHttpRoutesAsync(cancellation);
        return null;
    }

    /// <returns>Null when it answers; else what is wrong.</returns>
    private async Task<string?> AnswersAsync(CancellationToken cancellation)
    {
        await client.GetRawAsync("/readyz", cancellation);
        return null;
    }

    private async Task<string?> IsEstablishedAsync(JsonObject definition, CancellationToken cancellation)
    {
        var seen = await client.Resource(ResourceKinds.CustomResourceDefinition).GetAsync(Name(definition), cancellationToken: cancellation);
        if (seen is null) return "it is not installed";
        var established = seen.Items("status", "conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True");
        if (!established) return "the API server does not serve it yet";
        return DefinitionFields.Lacking(definition, seen) is [var first, .. var more]
            ? $"it is of an older version and has no {first}{(more.Length > 0 ? $" (and {more.Length} more)" : "")}: the API server would drop what the operator writes there. Apply the definitions of this version (crds, or the chart with crds.enabled)"
            : null;
    }

    // Waits for as long as it takes: an operator that ends because its API server is late only starts again.
    private async Task UntilAsync(string what, Func<CancellationToken, Task<string?>> look, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            var problem = await TryAsync(look, cancellation);
            if (problem is null) return;
            var pause = Pause.After(tries);
            log.Log(tries < 4 ? LogLevel.Information : LogLevel.Warning, "Waiting for {What} at {Server}: {Problem}; again in {Pause:0.0} s", what, client.Configuration.Server, problem, pause.TotalSeconds);
            await Task.Delay(pause, time, cancellation);
        }
    }

    private static async Task<string?> TryAsync(Func<CancellationToken, Task<string?>> look, CancellationToken cancellation)
    {
        try
        {
            return await look(cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException || e is KubernetesException { IsTransient: true })
        {
            return e.InnerException?.Message ?? e.Message;
        }
    }

    private JsonObject OwnNamespace() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Namespace",
        ["metadata"] = new JsonObject { ["name"] = options.OperatorNamespace, ["labels"] = Json.Map((Names.ManagedByLabel, Names.Manager)) },
    };

    private static string Name(JsonObject manifest) => manifest.Text("metadata", "name") ?? "";
}
