using Federation.Kubernetes.Client;
using Federation.Kubernetes.Controllers;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Tests.Support;
using Federation.Kubernetes.Watching;
using Federation.Proxies;
using Federation.Proxies.Api;

namespace Federation.Kubernetes.Tests.Controllers;

public sealed class FinalizerTests(ApiServerFixture fixture) : IDisposable
{
    private const string Ours = "test.example/ours";
    private const string Foreign = "test.example/foreign";

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
    public async Task Delete_ForeignFinalizerFirst_OursRunsAndForeignStays()
    {
        var space = await fixture.Server.NamespaceAsync();
        var attempts = 0;
        Start(space, new Scripted((entity, _) => Interlocked.Increment(ref attempts) switch
        {
            1 => throw new InvalidOperationException("not yet"),
            2 => ReconciliationResult<V1ConfigMap>.Success(entity, TimeSpan.FromMilliseconds(50)),
            _ => ReconciliationResult<V1ConfigMap>.Success(entity),
        }));
        var map = Manifests.ConfigMap(space, "a");
        await Maps.CreateAsync(map with { Metadata = map.Metadata with { Finalizers = [Foreign] } });
        await Eventually.TrueAsync(async () => (await Maps.GetAsync("a", space))!.Metadata.Finalizers!.Contains(Ours));
        Assert.Equal([Foreign, Ours], (await Maps.GetAsync("a", space))!.Metadata.Finalizers);

        await Maps.DeleteAsync("a", space);
        await Eventually.TrueAsync(async () => (await Maps.GetAsync("a", space))!.Metadata.Finalizers!.Count == 1);
        Assert.Equal([Foreign], (await Maps.GetAsync("a", space))!.Metadata.Finalizers);
        Assert.Equal(3, attempts);

        var rest = await Maps.GetAsync("a", space);
        await Maps.PatchAsync("a", space, FinalizerPatch.Remove(rest!.Metadata, Foreign)!);
        await Eventually.TrueAsync(async () => await Maps.GetAsync("a", space) is null);
    }

    [Fact]
    public async Task Delete_OnlyOurs_GoesAfterIt()
    {
        var space = await fixture.Server.NamespaceAsync();
        var ran = 0;
        Start(space, new Scripted((entity, _) =>
        {
            Interlocked.Increment(ref ran);
            return ReconciliationResult<V1ConfigMap>.Success(entity);
        }));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Eventually.TrueAsync(async () => (await Maps.GetAsync("a", space))!.Metadata.Finalizers?.Contains(Ours) == true);
        await Maps.DeleteAsync("a", space);
        await Eventually.TrueAsync(async () => await Maps.GetAsync("a", space) is null);
        Assert.Equal(1, ran);
    }

    [Fact]
    public async Task Delete_LookedAtAgainBeforeTheCacheKnows_RunsOnce()
    {
        var space = await fixture.Server.NamespaceAsync();
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url);
        using var watching = fixture.Server.Client(proxy.Port, "http");
        var ran = 0;
        ControllerRunner<V1ConfigMap>? runner = null;
        runner = Start(space, new Scripted((entity, _) =>
        {
            Interlocked.Increment(ref ran);
            proxy.Fault = new HalfOpenWatches();
            runner!.Queue.Add(ObjectView.Key(entity));
            return ReconciliationResult<V1ConfigMap>.Success(entity);
        }), watching);
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Eventually.TrueAsync(async () => (await Maps.GetAsync("a", space))!.Metadata.Finalizers?.Contains(Ours) == true);
        await Maps.DeleteAsync("a", space);
        await Eventually.TrueAsync(async () => await Maps.GetAsync("a", space) is null && runner.Queue is { Depth: 0, Working: 0, Delayed: 0 });
        Assert.Equal(1, ran);
    }

    [Fact]
    public async Task Patch_SomebodyWroteMeanwhile_ConflictAndNothingLost()
    {
        var space = await fixture.Server.NamespaceAsync();
        var seen = await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Maps.PatchAsync("a", space, FinalizerPatch.Add(seen.Metadata, Foreign)!);
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => Maps.PatchAsync("a", space, FinalizerPatch.Add(seen.Metadata, Ours)!));
        Assert.True(failure.IsConflict);
        var now = await Maps.GetAsync("a", space);
        Assert.Equal([Foreign], now!.Metadata.Finalizers);
        Assert.Null(FinalizerPatch.Add(now.Metadata, Foreign));
        Assert.Null(FinalizerPatch.Remove(now.Metadata, Ours));
        await Maps.PatchAsync("a", space, FinalizerPatch.Remove(now.Metadata, Foreign)!);
    }

    private ControllerRunner<V1ConfigMap> Start(string space, Scripted finalizer, KubernetesClient? watching = null)
    {
        var informer = new Informer<V1ConfigMap>((watching ?? client).Resource<V1ConfigMap>(), new InformerOptions { Namespace = space });
        var runner = new ControllerBuilder<V1ConfigMap>(informer, new Scripted((entity, _) => ReconciliationResult<V1ConfigMap>.Success(entity)))
            .WithFinalizer(Ours, finalizer, Maps)
            .WithBackoff(new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)))
            .Build();
        _ = Task.WhenAll(informer.RunAsync(stop.Token), runner.RunAsync(stop.Token));
        return runner;
    }
}
