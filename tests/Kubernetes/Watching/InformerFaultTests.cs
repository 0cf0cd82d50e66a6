using System.Collections.Concurrent;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Tests.Support;
using Federation.Kubernetes.Watching;
using Federation.Proxies;
using Federation.Proxies.Api;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests.Watching;

public sealed class InformerFaultTests(ApiServerFixture fixture) : IDisposable
{
    private const string Expired =
        """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}""";

    private static readonly Backoff Quick = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500));

    private readonly CancellationTokenSource stop = new();

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_VersionExpired_ListsAgainAndTellsTheDeletion(bool inStream)
    {
        var space = await fixture.Server.NamespaceAsync();
        using var direct = fixture.Server.Client();
        var maps = direct.Resource<V1ConfigMap>();
        await maps.CreateAsync(Manifests.ConfigMap(space, "goes"));
        await maps.CreateAsync(Manifests.ConfigMap(space, "stays"));
        var gate = new TaskCompletionSource();
        var watches = 0;
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, async (context, _) =>
        {
            if (!context.Request.Query.ContainsKey("watch") || Interlocked.Increment(ref watches) > 1)
            {
                return false;
            }

            // The first watch is held back until the object is gone, and then told that its version is too old.
            await gate.Task;
            context.Response.StatusCode = inStream ? 200 : 410;
            await context.Response.WriteAsync(inStream ? $$"""{"type":"ERROR","object":{{Expired}}}""" + "\n" : Expired);
            return true;
        });
        using var through = fixture.Server.Client(proxy.Port, "http");
        var informer = new Informer<V1ConfigMap>(through.Resource<V1ConfigMap>(), new InformerOptions { Namespace = space, Backoff = Quick });
        var heard = new ConcurrentQueue<string>();
        informer.AddHandler(change => heard.Enqueue($"{change.Type} {change.Object.Metadata.Name}"));
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(stop.Token);
        await maps.DeleteAsync("goes", space);
        gate.SetResult();
        await Eventually.TrueAsync(() => heard.Contains("Deleted goes"));
        Assert.Equal("stays", Assert.Single(informer.List()).Metadata.Name);
        await maps.CreateAsync(Manifests.ConfigMap(space, "later"));
        await Eventually.TrueAsync(() => heard.Contains("Added later"));
    }

    [Fact]
    public async Task Run_ServerInTroubleForAWhile_LosesNothing()
    {
        var space = await fixture.Server.NamespaceAsync();
        var broken = true;
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, async (context, number) =>
        {
            if (broken)
            {
                context.Response.StatusCode = number % 2 == 0 ? 429 : 503;
                await context.Response.WriteAsync("in trouble");
            }

            return broken;
        });
        using var through = fixture.Server.Client(proxy.Port, "http", new KubernetesClientOptions { MaxRetries = 0 });
        using var direct = fixture.Server.Client();
        var informer = new Informer<V1ConfigMap>(through.Resource<V1ConfigMap>(), new InformerOptions { Namespace = space, Backoff = Quick });
        _ = informer.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => proxy.Requests > 5);
        await direct.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "a"));
        Assert.False(informer.HasSynced);
        broken = false;
        await Eventually.TrueAsync(() => informer.Get("a", space) is not null);
    }

    [Fact]
    public async Task Run_EventLostOnTheWay_IsMadeGoodByTheNextList()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var direct = fixture.Server.Client();
        var maps = direct.Resource<V1ConfigMap>();
        await maps.CreateAsync(Manifests.ConfigMap(space, "goes"));
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url);
        using var through = fixture.Server.Client(proxy.Port, "http");
        var options = new InformerOptions { Namespace = space, Backoff = Quick, WatchTimeout = TimeSpan.FromSeconds(1), RelistSoonest = TimeSpan.FromSeconds(10) };
        var informer = new Informer<V1ConfigMap>(through.Resource<V1ConfigMap>(), options);
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(stop.Token);
        var losing = new LosingEvents((type, _) => type == "DELETED");
        proxy.Fault = losing;
        await maps.DeleteAsync("goes", space);
        // A watch that is opened again before it was moved on tells it again, and it is lost again.
        await Eventually.TrueAsync(() => losing.Lost >= 1);
        // What is told later moves the watch past what was lost.
        await maps.CreateAsync(Manifests.ConfigMap(space, "comes"));
        await Eventually.TrueAsync(() => informer.Get("comes", space) is not null);
        Assert.NotNull(informer.Get("goes", space));
        await Eventually.TrueAsync(() => informer.Get("goes", space) is null, 60);
    }

    [Fact]
    public async Task Run_ObjectThatDoesNotFitItsClass_HidesNoOther()
    {
        var space = await fixture.Server.NamespaceAsync();
        using var client = fixture.Server.Client();
        await client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "good", ("number", "1")));
        await client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "bad", ("number", "one")));
        var list = await client.Resource<NumberMap>().ListAsync(space);
        Assert.Equal(1, Assert.Single(list.Items).Data!["number"]);
        Assert.Equal("bad", Assert.Single(list.Unreadable).Key.Name);

        var informer = new Informer<NumberMap>(client.Resource<NumberMap>(), new InformerOptions { Namespace = space });
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(stop.Token);
        await client.Resource<V1ConfigMap>().ReplaceAsync(Manifests.ConfigMap(space, "good", ("number", "no more")));
        await client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, "next", ("number", "2")));
        await Eventually.TrueAsync(() => informer.Get("next", space) is not null);

        // The one that stopped to fit is kept as it was: it was not deleted.
        Assert.Equal(1, informer.Get("good", space)!.Data!["number"]);
        await client.Resource<V1ConfigMap>().DeleteAsync("good", space);
        await Eventually.TrueAsync(() => informer.Get("good", space) is null);
    }

    /// <summary>ConfigMaps as a class that is too narrow for some of them.</summary>
    [KubernetesEntity(Kind = "ConfigMap", PluralName = "configmaps")]
    private sealed record NumberMap : KubernetesObject
    {
        [System.Text.Json.Serialization.JsonNumberHandling(System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString)]
        public IReadOnlyDictionary<string, int>? Data { get; init; }
    }
}
