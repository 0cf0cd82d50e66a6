using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Isolation;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster.Probing;

/// <summary>Runs the two pods of <see cref="ProbeManifests"/> and reads what the client left as its termination message.</summary>
internal sealed class NetworkProbe(KubernetesClient client, ProbeOptions options, TimeProvider time, ILogger log) : INetworkProbe
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan CleaningLimit = TimeSpan.FromSeconds(15);
    private static readonly ApplyOptions Apply = new() { FieldManager = Names.Manager, Force = true };

    private readonly ResourceClient<V1Pod> pods = client.Resource<V1Pod>();

    public async Task<ProbeSight> ProbeAsync(CancellationToken cancellation)
    {
        try
        {
            // 1. Away with what a killed operator left.
            await RemovePodsAsync(cancellation);
            await EnsureAsync(ProbeManifests.ListenerPolicy(options.Namespace), cancellation);

            // 2. Who listens, then who tries.
            var word = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
            var listener = await RunAsync(ProbeManifests.ListenerPod(options, word), p => p.Status is { Phase: "Running", PodIP.Length: > 0 }, cancellation);
            var address = listener.Status!.PodIP!;
            await EnsureAsync(ProbeManifests.ClientPolicy(options.Namespace, address), cancellation);
            var tried = await RunAsync(ProbeManifests.ClientPod(options, word, address), p => p.Status?.Phase is "Succeeded" or "Failed", cancellation);
            return Read(tried);
        }
        catch (KubernetesException e)
        {
            throw new ClusterException("ProbeFailed", $"the probe could not be made in namespace {options.Namespace}: {e.Message}. The namespace and the operator's rights in it come with the installation.", e.IsTransient, e);
        }
        finally
        {
            await CleanAsync();
        }
    }

    private async Task EnsureAsync(JsonObject policy, CancellationToken cancellation)
    {
        var policies = client.Resource(ResourceKinds.NetworkPolicy);
        var name = policy.Text("metadata", "name")!;
        var seen = await policies.GetAsync(name, options.Namespace, cancellation);
        if (seen is null) await policies.ApplyAsync(policy, Apply, cancellation);
        else if (ManifestComparer.Differences(seen, policy) is [_, ..] differences) await policies.PatchAsync(name, options.Namespace, ManifestComparer.Repair(new JsonPatchBuilder(), differences).Build(), cancellationToken: cancellation);
    }

    private async Task<V1Pod> RunAsync(JsonObject manifest, Func<V1Pod, bool> isDone, CancellationToken cancellation)
    {
        var name = manifest.Text("metadata", "name")!;
        await client.Resource(ResourceKinds.Pod).CreateAsync(manifest, cancellationToken: cancellation);
        var begin = time.GetTimestamp();
        while (true)
        {
            var pod = await pods.GetAsync(name, options.Namespace, cancellation)
                ?? throw new ClusterException("ProbeFailed", $"pod {options.Namespace}/{name} was removed by somebody else.", isTransient: true);
            if (isDone(pod)) return pod;
            if (time.GetElapsedTime(begin) > Limit)
                throw new ClusterException("ProbeFailed", $"pod {options.Namespace}/{name} was not done in {Limit.TotalSeconds:0} s: {Describe(pod)}", isTransient: true);
            await Task.Delay(Look, time, cancellation);
        }
    }

    private ProbeSight Read(V1Pod pod)
    {
        var message = pod.Status?.ContainerStatuses is [{ State.Terminated.Message: { } text }, ..] ? text : "";
        return message.Length == ProbeManifests.PortCount && message.All(digit => digit is '0' or '1')
            ? ToSight([.. message.Select(digit => digit == '1')])
            : throw new ClusterException("ProbeFailed", $"pod {pod.Metadata.Name} ended without saying what it reached: {Describe(pod)} Image {options.Image} must have sh, httpd, wget and timeout.", isTransient: false);
    }

    private static ProbeSight ToSight(bool[] reached) => new(reached[0], reached[1], reached[2], reached[3], reached[4], reached[5]);

    private static string Describe(V1Pod pod) => PodProblems.Of(pod)?.Message ?? $"it is {pod.Status?.Phase ?? "new"}.";

    private async Task RemovePodsAsync(CancellationToken cancellation)
    {
        foreach (var pod in (await pods.ListAsync(options.Namespace, new ListOptions { LabelSelector = ProbeManifests.Label }, cancellation)).Items)
            if (pod.Metadata is { DeletionTimestamp: null, Name: { } name }) await pods.DeleteAsync(name, options.Namespace, cancellationToken: cancellation);
    }

    // Also at the end of a term, whose token is spent.
    private async Task CleanAsync()
    {
        using var limit = new CancellationTokenSource(CleaningLimit, time);
        try
        {
            await RemovePodsAsync(limit.Token);
        }
        catch (Exception error)
        {
            log.LogWarning("Pods of the network probe stay in namespace {Namespace}; they end by themselves and go with the next probe: {Error}", options.Namespace, error.Message);
        }
    }
}
