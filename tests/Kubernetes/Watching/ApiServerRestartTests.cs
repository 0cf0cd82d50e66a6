using System.Diagnostics;
using System.Globalization;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Controllers;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Tests.Support;
using Federation.Kubernetes.Watching;

namespace Federation.Kubernetes.Tests.Watching;

/// <summary>Tests that hurt the server, and so have one of their own.</summary>
public sealed class ApiServerRestartTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly CancellationTokenSource stop = new();
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync();

    public ValueTask DisposeAsync()
    {
        stop.Cancel();
        server.Dispose();
        stop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ServerKilledAndRestarted_InformerAndQueueConverge()
    {
        using var client = server.Client(options: new KubernetesClientOptions { Timeout = TimeSpan.FromSeconds(5), MaxRetries = 0 });
        using var patient = server.Client();
        var maps = patient.Resource<V1ConfigMap>();
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        var informers = new InformerSet(client);
        var wanted = informers.Add<V1ConfigMap>(new InformerOptions { Namespace = "default", LabelSelector = "wanted=yes", Backoff = backoff });
        using var runner = new ControllerBuilder<V1ConfigMap>(wanted, new Copier(client)).WithBackoff(backoff).WithWorkers(4).Build();
        var running = Task.WhenAll(informers.RunAsync(stop.Token), runner.RunAsync(stop.Token));
        await WantAsync(maps, 0, 20);
        await Eventually.TrueAsync(async () => await CopiesAsync(maps) == 20);

        // Killed in the middle of a burst: writes are lost on both sides, and attempts fail for as long as it is away.
        var burst = WantOverAndOverAsync(client.Resource<V1ConfigMap>(), 20, 40);
        await Eventually.TrueAsync(() => wanted.Count > 22);
        server.Kill();
        await Assert.ThrowsAnyAsync<Exception>(() => burst);
        await server.RestartAsync();
        await WantAsync(maps, 20, 60);

        await Eventually.TrueAsync(async () => await CopiesAsync(maps) == 60, 60);
        await Eventually.TrueAsync(() => runner.Queue.Depth == 0 && runner.Queue.Delayed == 0, 60);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task TenThousandObjects_ListedInPages_EachOnceAndWatchedOn()
    {
        const int Count = 10_000;
        using var client = server.Client();
        var maps = client.Resource<V1ConfigMap>();
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, Count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (index, token) =>
            await maps.CreateAsync(Manifests.ConfigMap("default", $"m{index:D5}", ("n", index.ToString(CultureInfo.InvariantCulture))), cancellationToken: token));
        output.WriteLine($"{Count} objects created in {clock.Elapsed.TotalSeconds:F1} s");

        clock.Restart();
        var pages = 0;
        var names = new HashSet<string>();
        await foreach (var page in maps.ListPagesAsync("default", new ListOptions { Limit = 500 }))
        {
            pages++;
            Assert.True(page.Items.Count <= 500);
            names.UnionWith(page.Items.Select(map => map.Metadata.Name!));
        }

        output.WriteLine($"listed in {pages} pages in {clock.Elapsed.TotalSeconds:F2} s");
        Assert.Equal(Count, names.Count(name => name.StartsWith('m')));
        Assert.True(pages >= Count / 500);

        var informer = new Informer<V1ConfigMap>(maps, new InformerOptions { Namespace = "default" });
        var running = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(stop.Token);
        await maps.DeleteAsync("m00007", "default");
        await maps.CreateAsync(Manifests.ConfigMap("default", "last"));
        await Eventually.TrueAsync(() => informer.Get("last", "default") is not null && informer.Get("m00007", "default") is null);
        Assert.Equal(Count, informer.List().Count(map => map.Metadata.Name!.StartsWith('m') || map.Metadata.Name == "last"));
        await stop.CancelAsync();
        await running;
    }

    private static async Task WantAsync(ResourceClient<V1ConfigMap> maps, int from, int to)
    {
        for (var index = from; index < to; index++)
        {
            var map = Manifests.ConfigMapTree("default", $"want-{index}");
            map["metadata"]!["labels"] = new System.Text.Json.Nodes.JsonObject { ["wanted"] = "yes" };
            await maps.ApplyAsync(map);
        }
    }

    // A burst with an end may be over before the kill comes.
    private static async Task WantOverAndOverAsync(ResourceClient<V1ConfigMap> maps, int from, int to)
    {
        for (; ; ) await WantAsync(maps, from, to);
    }

    private static async Task<int> CopiesAsync(ResourceClient<V1ConfigMap> maps) =>
        (await maps.ListAsync("default")).Items.Count(map => map.Metadata.Name!.StartsWith("copy-", StringComparison.Ordinal));

    /// <summary>Wants a copy of every object.</summary>
    private sealed class Copier(KubernetesClient client) : IEntityController<V1ConfigMap>
    {
        public async Task<ReconciliationResult<V1ConfigMap>> ReconcileAsync(V1ConfigMap entity, CancellationToken cancellationToken)
        {
            var copy = Manifests.ConfigMapTree("default", entity.Metadata.Name!.Replace("want", "copy", StringComparison.Ordinal));
            await client.Resource<V1ConfigMap>().ApplyAsync(copy, cancellationToken: cancellationToken);
            return ReconciliationResult<V1ConfigMap>.Success(entity);
        }
    }
}
