using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Proxies;
using Federation.Proxies.Api;
using Federation.Proxies.Common;

namespace Federation.Kubernetes.Tests.Proxies;

/// <summary>That the proxy before the API server does what its faults say, and nothing else.</summary>
public sealed class ApiProxyTests(ApiServerFixture fixture) : IAsyncLifetime
{
    private static readonly KubernetesClientOptions Once = new() { MaxRetries = 0 };

    private Proxy proxy = null!;
    private KubernetesClient through = null!;
    private KubernetesClient direct = null!;
    private string space = "";

    private ResourceClient<V1ConfigMap> Maps => through.Resource<V1ConfigMap>();

    public async ValueTask InitializeAsync()
    {
        proxy = await Proxy.StartAsync(fixture.Server.Url);
        through = fixture.Server.Client(proxy.Port, "http", Once);
        direct = fixture.Server.Client();
        space = await fixture.Server.NamespaceAsync();
    }

    public async ValueTask DisposeAsync()
    {
        through.Dispose();
        direct.Dispose();
        await proxy.DisposeAsync();
    }

    [Fact]
    public async Task NoFault_AllPasses()
    {
        await Maps.CreateAsync(Map("a"));
        await Maps.PatchAsync("a", space, V1Patch.Merge(new() { ["data"] = new System.Text.Json.Nodes.JsonObject { ["k"] = "v" } }));
        Assert.Equal("v", (await Maps.GetAsync("a", space))!.Data!["k"]);
        Assert.True(await Maps.DeleteAsync("a", space));
        Assert.Null(await Maps.GetAsync("a", space));
        Assert.Equal(5, proxy.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DyingAt_CutsEverythingFromThatWriteOn(bool applied)
    {
        var died = 0;
        proxy.Fault = new DyingAt(2, applied, e => e.IsWrite, () => died++);
        await Maps.CreateAsync(Map("first"));
        await Assert.ThrowsAsync<HttpRequestException>(() => Maps.CreateAsync(Map("second")));
        await Assert.ThrowsAsync<HttpRequestException>(() => Maps.CreateAsync(Map("third")));
        await Assert.ThrowsAsync<HttpRequestException>(() => Maps.GetAsync("first", space));
        Assert.Equal(1, died);
        Assert.Equal(applied ? ["first", "second"] : ["first"], (await NamesAsync()).Order());
    }

    [Fact]
    public async Task LosingReplies_TheWriteIsDone()
    {
        proxy.Fault = new LosingReplies(e => e.IsWrite);
        await Assert.ThrowsAsync<HttpRequestException>(() => Maps.CreateAsync(Map("a")));
        Assert.Equal(["a"], await NamesAsync());
        Assert.NotNull(await Maps.GetAsync("a", space));
    }

    [Fact]
    public async Task Refusing_AnswersInTurn_AndOnlyWhatItIsToldTo()
    {
        proxy.Fault = new Refusing([429, 503], TimeSpan.FromSeconds(9), e => e.IsWrite);
        var first = await Assert.ThrowsAsync<KubernetesException>(() => Maps.CreateAsync(Map("a")));
        Assert.Equal((true, TimeSpan.FromSeconds(9)), (first.IsTooManyRequests, first.RetryAfter));
        Assert.False((await Assert.ThrowsAsync<KubernetesException>(() => Maps.CreateAsync(Map("a")))).IsTooManyRequests);
        Assert.Null(await direct.Resource<V1ConfigMap>().GetAsync("a", space));
        proxy.Fault = Fault.None;
        await Maps.CreateAsync(Map("a"));
    }

    [Fact]
    public async Task StalledAndAway()
    {
        proxy.Fault = new Stalled();
        using var hasty = fixture.Server.Client(proxy.Port, "http", Once with { Timeout = TimeSpan.FromSeconds(5) });
        await Assert.ThrowsAsync<TimeoutException>(() => hasty.Resource<V1ConfigMap>().GetAsync("a", space));
        proxy.Fault = new Away();
        await Assert.ThrowsAsync<HttpRequestException>(() => Maps.GetAsync("a", space));
    }

    [Fact]
    public async Task OldView_ReadsAreOfThen_WritesAreOfNow()
    {
        var view = new OldView();
        proxy.Fault = view;
        await Maps.CreateAsync(Map("old"));
        Assert.Single(await SeenAsync());
        view.Freeze();
        await Maps.CreateAsync(Map("new"));
        Assert.Equal(["old"], await SeenAsync());
        Assert.Equal(["new", "old"], (await NamesAsync()).Order());
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            await foreach (var change in Maps.WatchAsync(space, new WatchOptions { Timeout = TimeSpan.FromSeconds(5), IdleTimeout = TimeSpan.FromSeconds(1) })) Assert.Fail($"{change} was told");
        });
        Assert.Equal(1, view.Answered);
    }

    [Fact]
    public async Task Watches_LoseEvents_Expire_AndFallSilent()
    {
        var start = (await direct.Resource<V1ConfigMap>().ListAsync(space)).Metadata.ResourceVersion;
        await direct.Resource<V1ConfigMap>().CreateAsync(Map("lost"));
        await direct.Resource<V1ConfigMap>().CreateAsync(Map("told"));
        var losing = new LosingEvents((type, one) => type == "ADDED" && (string?)one["metadata"]!["name"] == "lost");
        proxy.Fault = losing;
        Assert.Equal("told", await FirstAsync(start));
        Assert.Equal(1, losing.Lost);

        foreach (var inStream in (bool[])[false, true])
        {
            proxy.Fault = new ExpiringWatches(inStream, most: 1);
            Assert.True((await Assert.ThrowsAsync<KubernetesException>(() => FirstAsync(start))).IsGone);
            Assert.Equal("lost", await FirstAsync(start));
        }

        proxy.Fault = Fault.None;
        // The watches before have ended at the proxy too.
        await Eventually.TrueAsync(() => proxy.Watching == 0);
        var waiting = FirstAsync((await direct.Resource<V1ConfigMap>().ListAsync(space)).Metadata.ResourceVersion);
        await Eventually.TrueAsync(() => proxy.Watching == 1);
        proxy.Fault = new HalfOpenWatches();
        await direct.Resource<V1ConfigMap>().CreateAsync(Map("untold"));
        Assert.Equal("lost", await FirstAsync(start));
        await Assert.ThrowsAsync<SilentWatchException>(() => waiting);
    }

    private V1ConfigMap Map(string name) => Manifests.ConfigMap(space, name);

    private async Task<string[]> NamesAsync() => Names(await direct.Resource<V1ConfigMap>().ListAsync(space));

    private async Task<string[]> SeenAsync() => Names(await Maps.ListAsync(space));

    private static string[] Names(KubernetesList<V1ConfigMap> list) => [.. list.Items.Select(m => m.Metadata.Name!).Where(n => n != "kube-root-ca.crt")];

    private async Task<string> FirstAsync(string? version)
    {
        var watch = new WatchOptions { ResourceVersion = version, Timeout = TimeSpan.FromSeconds(40), IdleTimeout = TimeSpan.FromSeconds(10) };
        await foreach (var change in Maps.WatchAsync(space, watch))
            if (change.Object is { } map) return map.Metadata.Name!;
        throw new InvalidOperationException("The watch ended without an event.");
    }
}
