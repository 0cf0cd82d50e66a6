using System.Collections.Concurrent;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Tests.Support;
using Federation.Kubernetes.Watching;

namespace Federation.Kubernetes.Tests.Watching;

public sealed class InformerTests(ApiServerFixture fixture) : IDisposable
{
    private static readonly Backoff Quick = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500));

    private readonly KubernetesClient client = fixture.Server.Client();
    private readonly CancellationTokenSource stop = new();

    private ResourceClient<V1ConfigMap> Maps => client.Resource<V1ConfigMap>();

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
        client.Dispose();
    }

    [Fact]
    public async Task Run_ChangesOfEachKind_AreToldInOrder()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Maps.CreateAsync(Manifests.ConfigMap(space, "before"));
        var (informer, heard) = Start(client, space);
        await informer.WaitForSyncAsync(stop.Token);
        Assert.NotNull(informer.Get("before", space));

        var made = await Maps.CreateAsync(Manifests.ConfigMap(space, "a", ("k", "1")));
        await Maps.ReplaceAsync(made with { Data = new Dictionary<string, string> { ["k"] = "2" } });
        await Maps.DeleteAsync("a", space);
        await Eventually.TrueAsync(() => heard.Any(change => change.Type == InformerEventType.Deleted));
        Assert.Equal(
            ["Added before", "Added a", "Updated a", "Deleted a"],
            heard.Select(change => $"{change.Type} {change.Object.Metadata.Name}"));
        Assert.Null(informer.Get("a", space));
        Assert.All(informer.List(), map => Assert.Null(map.Metadata.ManagedFields));
    }

    [Fact]
    public async Task Run_WatchCut_GoesOnWithoutAnotherList()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var proxy = new TcpProxy(fixture.Server.Port);
        using var through = fixture.Server.Client(proxy.Port);
        var (informer, heard) = Start(through, space);
        await informer.WaitForSyncAsync(stop.Token);
        foreach (var round in Enumerable.Range(0, 5))
        {
            proxy.Cut();
            await Maps.CreateAsync(Manifests.ConfigMap(space, $"m{round}"));
            await Eventually.TrueAsync(() => informer.Get($"m{round}", space) is not null);
        }

        // An object is there before it is told.
        await Eventually.TrueAsync(() => heard.Count >= 5);
        Assert.Equal(5, heard.Count);
    }

    [Fact]
    public async Task Run_HalfOpenConnection_IsNoticedAndReplaced()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var proxy = new TcpProxy(fixture.Server.Port);
        using var through = fixture.Server.Client(proxy.Port, options: new KubernetesClientOptions { Timeout = TimeSpan.FromSeconds(2) });
        var options = new InformerOptions { Namespace = space, Backoff = Quick, IdleTimeout = TimeSpan.FromSeconds(10), WatchTimeout = TimeSpan.FromSeconds(60) };
        var (informer, _) = Start(through, space, options);
        await informer.WaitForSyncAsync(stop.Token);
        await Maps.CreateAsync(Manifests.ConfigMap(space, "seen"));
        await Eventually.TrueAsync(() => informer.Get("seen", space) is not null);

        proxy.Silence();
        await Maps.CreateAsync(Manifests.ConfigMap(space, "unseen"));
        await Eventually.TrueAsync(() => informer.LastActivity > TimeSpan.FromSeconds(1));
        Assert.Null(informer.Get("unseen", space));
        await Eventually.TrueAsync(() => informer.Get("unseen", space) is not null, 60);
    }

    [Fact]
    public async Task Run_WatchEndsByItself_GoesOn()
    {
        var space = await fixture.Server.NamespaceAsync();
        var options = new InformerOptions { Namespace = space, Backoff = Quick, WatchTimeout = TimeSpan.FromSeconds(1) };
        var (informer, heard) = Start(client, space, options);
        await informer.WaitForSyncAsync(stop.Token);
        foreach (var round in Enumerable.Range(0, 8))
        {
            await Maps.CreateAsync(Manifests.ConfigMap(space, $"m{round}"));
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, stop.Token);
        }

        await Eventually.TrueAsync(() => informer.Count == 8 && heard.Count >= 8);
        Assert.Equal(8, heard.Count);
    }

    [Fact]
    public async Task AddIndex_ObjectsChange_FindsTheCurrentOnes()
    {
        var space = await fixture.Server.NamespaceAsync();
        var (informer, heard) = Start(client, space);
        informer.AddIndex("colour", map => map.Data?.Values ?? []);
        await informer.WaitForSyncAsync(stop.Token);
        var made = await Maps.CreateAsync(Manifests.ConfigMap(space, "a", ("c", "red")));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "b", ("c", "red")));
        await Maps.ReplaceAsync(made with { Data = new Dictionary<string, string> { ["c"] = "blue" } });
        await Eventually.TrueAsync(() => heard.Count == 3);
        Assert.Equal("b", Assert.Single(informer.ByIndex("colour", "red")).Metadata.Name);
        Assert.Equal("a", Assert.Single(informer.ByIndex("colour", "blue")).Metadata.Name);
        Assert.Empty(informer.ByIndex("colour", "green"));
    }

    [Fact]
    public async Task Run_Resync_TellsEveryObjectAgain()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        var (_, heard) = Start(client, space, new InformerOptions { Namespace = space, Resync = TimeSpan.FromMilliseconds(100) });
        await Eventually.TrueAsync(() => heard.Count(change => change.Type == InformerEventType.Resynced) >= 3);
    }

    private (Informer<V1ConfigMap> Informer, ConcurrentQueue<InformerEvent<V1ConfigMap>> Heard) Start(
        KubernetesClient through, string space, InformerOptions? options = null)
    {
        var informer = new Informer<V1ConfigMap>(through.Resource<V1ConfigMap>(), options ?? new InformerOptions { Namespace = space, Backoff = Quick });
        var heard = new ConcurrentQueue<InformerEvent<V1ConfigMap>>();
        informer.AddHandler(heard.Enqueue);
        _ = informer.RunAsync(stop.Token);
        return (informer, heard);
    }
}
