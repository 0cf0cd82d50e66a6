using System.Text.Json.Nodes;
using System.Threading.Channels;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Benchmarks.Leases;

/// <summary>
/// Nodes without a machine: real objects for scheduler and controllers, and pods on them run as soon as they are bound.
/// What a kubelet would take for images and containers is left out; everything else is the cluster's own.
/// </summary>
internal sealed class SimulatedNodes(KubernetesClient admin, string cpu) : IAsyncDisposable
{
    private const string Prefix = "simulated-";
    private const int Kubelets = 8;

    // The node controller waits 40 s for a sign of life. One node after the other, as on machines of their own, and not all at once.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource stop = new();
    private readonly Channel<V1Pod> seen = Channel.CreateUnbounded<V1Pod>();
    private readonly List<Task> loops = [];

    public async Task StartAsync(int count, CancellationToken cancellation)
    {
        var names = Enumerable.Range(0, count).Select(i => $"{Prefix}{i:D4}").ToArray();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation }, async (name, c) => await RegisterAsync(name, c));
        var pods = new Informer<V1Pod>(admin.Resource<V1Pod>());
        pods.AddHandler(change =>
        {
            if (change.Type != InformerEventType.Deleted && change.Object.Spec?.NodeName?.StartsWith(Prefix, StringComparison.Ordinal) == true) seen.Writer.TryWrite(change.Object);
        });
        loops.Add(pods.RunAsync(stop.Token));
        loops.Add(BeatAsync(names));
        loops.AddRange(Enumerable.Range(0, Kubelets).Select(_ => RunPodsAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(loops.Select(async loop => await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)));
        stop.Dispose();
    }

    private async Task RegisterAsync(string name, CancellationToken cancellation)
    {
        await BeatAsync(name, cancellation);
        var nodes = admin.Resource(ResourceKinds.Node);
        await nodes.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, cancellationToken: cancellation);
        var amounts = new JsonObject { ["cpu"] = cpu, ["memory"] = "512Gi", ["pods"] = "110", ["ephemeral-storage"] = "1Ti" };
        var ready = new JsonObject
        {
            ["type"] = "Ready", ["status"] = "True", ["reason"] = "Simulated", ["message"] = "", ["lastHeartbeatTime"] = Now(), ["lastTransitionTime"] = Now(),
        };
        var status = new JsonObject { ["capacity"] = amounts.DeepClone(), ["allocatable"] = amounts, ["conditions"] = new JsonArray(ready) };
        await nodes.PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" }, cancellation);
    }

    private async Task BeatAsync(string[] names)
    {
        using var timer = new PeriodicTimer(Heartbeat / names.Length, TimeProvider.System);
        for (var next = 0; await timer.WaitForNextTickAsync(stop.Token); next = (next + 1) % names.Length) await BeatAsync(names[next], stop.Token);
    }

    private async Task BeatAsync(string name, CancellationToken cancellation) => await admin.Resource(ResourceKinds.Lease).ApplyAsync(
        new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "kube-node-lease" },
            ["spec"] = new JsonObject { ["holderIdentity"] = name, ["leaseDurationSeconds"] = 40, ["renewTime"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", null) },
        },
        new ApplyOptions { Force = true }, cancellation);

    private async Task RunPodsAsync()
    {
        await foreach (var pod in seen.Reader.ReadAllAsync(stop.Token))
        {
            try
            {
                await RunAsync(pod);
            }
            catch (KubernetesException gone) when (gone.IsNotFound || gone.IsConflict)
            {
                // It was deleted meanwhile, or changed: there is another event of it.
            }
        }
    }

    private async Task RunAsync(V1Pod pod)
    {
        var (pods, name, space) = (admin.Resource(ResourceKinds.Pod), pod.Metadata.Name!, pod.Metadata.Namespace!);
        if (pod.Metadata.DeletionTimestamp is not null)
            await pods.DeleteAsync(name, space, new DeleteOptions { Uid = pod.Metadata.Uid, GracePeriodSeconds = 0 }, stop.Token);
        else if (pod.Status?.Phase == "Pending")
            await pods.PatchAsync(name, space, V1Patch.StrategicMerge(new JsonObject { ["status"] = RunningStatus(pod) }), new WriteOptions { Subresource = "status" }, stop.Token);
    }

    private static JsonObject RunningStatus(V1Pod pod) => new()
    {
        ["phase"] = "Running",
        ["startTime"] = Now(),
        ["podIP"] = "192.0.2.1",
        ["conditions"] = new JsonArray([.. new[] { "Initialized", "ContainersReady", "Ready" }.Select(type => new JsonObject { ["type"] = type, ["status"] = "True", ["lastTransitionTime"] = Now() })]),
        ["containerStatuses"] = new JsonArray([.. pod.Spec!.Containers!.Select(c => new JsonObject
        {
            ["name"] = c.Name, ["image"] = c.Image, ["imageID"] = c.Image, ["containerID"] = $"simulated://{pod.Metadata.Uid}",
            ["ready"] = true, ["started"] = true, ["restartCount"] = 0, ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Now() } },
        })]),
    };

    private static string Now() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", null);
}
