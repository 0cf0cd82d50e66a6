using System.Collections.Concurrent;
using System.Diagnostics;
using Federation.Cluster.Entities;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Benchmarks.Leases;

/// <summary>When each step of a lease was there first, as watches of its cluster show it: nobody has to ask, and nobody's looks are measured.</summary>
internal sealed class Milestones : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<(string Space, string Step), TaskCompletionSource<long>> seen = new();
    private readonly KubernetesClient cluster;
    private readonly Task watching;

    public Milestones(string kubeconfig)
    {
        cluster = new KubernetesClient(KubernetesClientConfiguration.Load(kubeconfig));
        var (leases, pods) = (new Informer<V1Alpha1ComputeLease>(cluster.Resource<V1Alpha1ComputeLease>()), new Informer<V1Pod>(cluster.Resource<V1Pod>()));
        leases.AddHandler(change => Note(change.Object));
        pods.AddHandler(change => Note(change.Object));
        watching = Task.WhenAll(leases.RunAsync(stop.Token), pods.RunAsync(stop.Token));
    }

    /// <summary>In their order.</summary>
    public static IReadOnlyList<string> Steps { get; } = ["lease object", "workload delivered", "pod made", "pod scheduled", "container started", "pod ready", "lease Running"];

    /// <summary>Stopwatch's time at which a step was there.</summary>
    public Task<long> AtAsync(string space, string step) => Of(space, step).Task;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cluster.Dispose();
        stop.Dispose();
    }

    private void Note(V1Alpha1ComputeLease lease)
    {
        var space = lease.Metadata.Namespace!;
        Note(space, 0);
        if (lease.Spec.Workload is not null) Note(space, 1);
        if (lease.Status?.Phase == "Running") Note(space, 6);
    }

    private void Note(V1Pod pod)
    {
        var space = pod.Metadata.Namespace!;
        Note(space, 2);
        if (pod.Spec?.NodeName is { Length: > 0 }) Note(space, 3);
        if (pod.Status?.ContainerStatuses?.Any(c => c.State?.Running is not null) == true) Note(space, 4);
        if (pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true) Note(space, 5);
    }

    private void Note(string space, int step) => Of(space, Steps[step]).TrySetResult(Stopwatch.GetTimestamp());

    private TaskCompletionSource<long> Of(string space, string step) => seen.GetOrAdd((space, step), _ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
}
