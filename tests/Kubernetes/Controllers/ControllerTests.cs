using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Controllers;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Tests.Support;
using Federation.Kubernetes.Watching;

namespace Federation.Kubernetes.Tests.Controllers;

public sealed class ControllerTests(ApiServerFixture fixture) : IDisposable
{
    private static readonly Backoff Quick = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100));

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
    public async Task Run_OwnedAndMappedObjectsChange_ReconcileTheirEntity()
    {
        var space = await fixture.Server.NamespaceAsync();
        var informers = new InformerSet(client);
        var entities = informers.Add<V1ConfigMap>(new InformerOptions { Namespace = space });
        var secrets = informers.Add<V1Secret>(new InformerOptions { Namespace = space });
        var services = informers.AddMetadata(ResourceKinds.Service, new InformerOptions { Namespace = space });
        var calls = new ConcurrentQueue<string>();
        var controller = new Scripted((entity, _) =>
        {
            calls.Enqueue(entity.Metadata.Name!);
            return ReconciliationResult<V1ConfigMap>.Success(entity);
        });
        using var runner = new ControllerBuilder<V1ConfigMap>(entities, controller)
            .Owns(secrets)
            .Watches(services, service => [new ObjectKey(space, service.Metadata.Labels?["for"] ?? "")])
            .Build();
        _ = Task.WhenAll(informers.RunAsync(stop.Token), runner.RunAsync(stop.Token));
        await entities.WaitForSyncAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(30));
        await secrets.WaitForSyncAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(30));
        await services.WaitForSyncAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(30));
        var owner = await Maps.CreateAsync(Manifests.ConfigMap(space, "owner"));
        await Eventually.TrueAsync(() => calls.Count(name => name == "owner") == 1);

        var owned = new V1Secret { Metadata = new() { Name = "s", Namespace = space, OwnerReferences = [ObjectView.AsOwner(owner)] } };
        await client.Resource<V1Secret>().CreateAsync(owned);
        await Eventually.TrueAsync(() => calls.Count(name => name == "owner") == 2);

        await client.Resource(ResourceKinds.Service).CreateAsync(JsonNode.Parse($$$"""
            {"metadata":{"name":"v","namespace":"{{{space}}}","labels":{"for":"owner"}},"spec":{"ports":[{"port":80}]}}
            """)!.AsObject());
        await Eventually.TrueAsync(() => calls.Count(name => name == "owner") == 3);
        await client.Resource<V1Secret>().DeleteAsync("s", space);
        await Eventually.TrueAsync(() => calls.Count(name => name == "owner") == 4);
    }

    [Fact]
    public async Task Run_ControllerThrows_IsRepeatedUntilItSucceedsAndHoldsUpNobody()
    {
        var space = await fixture.Server.NamespaceAsync();
        var calls = new ConcurrentDictionary<string, int>();
        var runner = Start(space, new Scripted((entity, _) =>
        {
            var count = calls.AddOrUpdate(entity.Metadata.Name!, 1, (_, old) => old + 1);
            return entity.Metadata.Name == "hard" && count < 12
                ? throw new InvalidOperationException("not yet")
                : ReconciliationResult<V1ConfigMap>.Success(entity);
        }));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "hard"));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "easy"));
        await Eventually.TrueAsync(() => calls.GetValueOrDefault("easy") == 1);
        await Eventually.TrueAsync(() => calls.GetValueOrDefault("hard") == 12);
        // They are forgotten when its last attempt has returned.
        await Eventually.TrueAsync(() => runner.Queue.Failures(new ObjectKey(space, "hard")) == 0);
    }

    [Fact]
    public async Task Run_FailureWithoutATime_ComesAgain()
    {
        var space = await fixture.Server.NamespaceAsync();
        var calls = 0;
        Start(space, new Scripted((entity, _) =>
        {
            Interlocked.Increment(ref calls);
            return ReconciliationResult<V1ConfigMap>.Failure(entity, "still not");
        }));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Eventually.TrueAsync(() => calls >= 8);
    }

    [Fact]
    public async Task Run_SuccessWithATime_LooksAgainThen()
    {
        var space = await fixture.Server.NamespaceAsync();
        var calls = 0;
        Start(space, new Scripted((entity, _) =>
        {
            Interlocked.Increment(ref calls);
            return ReconciliationResult<V1ConfigMap>.Success(entity, TimeSpan.FromMilliseconds(50));
        }));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Eventually.TrueAsync(() => calls >= 5);
    }

    [Fact]
    public async Task Run_Resync_RepairsWhatNoEventTold()
    {
        var space = await fixture.Server.NamespaceAsync();
        var calls = 0;
        Start(space, new Scripted((entity, _) =>
        {
            Interlocked.Increment(ref calls);
            return ReconciliationResult<V1ConfigMap>.Success(entity);
        }), builder => builder.Where(change => change.Type == InformerEventType.Added).WithResync(TimeSpan.FromMilliseconds(200)));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Eventually.TrueAsync(() => calls >= 4);
    }

    [Fact]
    public async Task Run_EntityDeleted_IsToldUntilItSucceeds()
    {
        var space = await fixture.Server.NamespaceAsync();
        var (seen, deleted) = (0, 0);
        Start(space, new Scripted(
            (entity, _) =>
            {
                Interlocked.Increment(ref seen);
                return ReconciliationResult<V1ConfigMap>.Success(entity);
            },
            entity => Interlocked.Increment(ref deleted) < 3 ? throw new InvalidOperationException("not yet") : ReconciliationResult<V1ConfigMap>.Success(entity)));
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        // Of what was gone before the first list nobody is told.
        await Eventually.TrueAsync(() => seen > 0);
        await Maps.DeleteAsync("a", space);
        await Eventually.TrueAsync(() => deleted == 3);
    }

    private ControllerRunner<V1ConfigMap> Start(
        string space, Scripted controller, Func<ControllerBuilder<V1ConfigMap>, ControllerBuilder<V1ConfigMap>>? more = null)
    {
        var informer = new Informer<V1ConfigMap>(Maps, new InformerOptions { Namespace = space });
        var builder = new ControllerBuilder<V1ConfigMap>(informer, controller).WithBackoff(Quick);
        var runner = (more?.Invoke(builder) ?? builder).Build();
        _ = Task.WhenAll(informer.RunAsync(stop.Token), runner.RunAsync(stop.Token));
        return runner;
    }
}
