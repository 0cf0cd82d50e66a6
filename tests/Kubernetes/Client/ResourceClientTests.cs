using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Client;

public sealed class ResourceClientTests(ApiServerFixture fixture) : IDisposable
{
    private readonly KubernetesClient client = fixture.Server.Client();

    private ResourceClient<V1ConfigMap> Maps => client.Resource<V1ConfigMap>();

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task CreateGetReplaceDelete_TypedObject_RoundTrips()
    {
        var space = await fixture.Server.NamespaceAsync();
        var made = await Maps.CreateAsync(Manifests.ConfigMap(space, "a", ("k", "v")));
        Assert.NotNull(made.Metadata.Uid);
        Assert.Equal("v", (await Maps.GetAsync("a", space))!.Data!["k"]);

        var changed = await Maps.ReplaceAsync(made with { Data = new Dictionary<string, string> { ["k"] = "w" } });
        Assert.Equal("w", changed.Data!["k"]);

        Assert.True(await Maps.DeleteAsync("a", space));
        Assert.Null(await Maps.GetAsync("a", space));
        Assert.False(await Maps.DeleteAsync("a", space));
    }

    [Fact]
    public async Task Write_AskedForMetadataOnly_StoresAllAndAnswersWithoutTheBody()
    {
        var space = await fixture.Server.NamespaceAsync();
        var briefly = new WriteOptions { AnswersMetadata = true };
        var map = Manifests.ConfigMap(space, "a", ("k", "v"));
        var made = await Maps.CreateAsync(map, briefly);
        Assert.Null(made.Data);
        var changed = await Maps.ReplaceAsync(map with { Metadata = made.Metadata, Data = new Dictionary<string, string> { ["k"] = "w" } }, briefly);
        Assert.Null(changed.Data);
        var there = (await Maps.GetAsync("a", space))!;
        Assert.Equal("w", there.Data!["k"]);
        Assert.Equal(there.Metadata.ResourceVersion, changed.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Create_SecondTime_AlreadyExists()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => Maps.CreateAsync(Manifests.ConfigMap(space, "a")));
        Assert.True(failure.IsAlreadyExists && failure.IsConflict);
    }

    [Fact]
    public async Task Create_InvalidName_InvalidWithTheField()
    {
        var space = await fixture.Server.NamespaceAsync();
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => Maps.CreateAsync(Manifests.ConfigMap(space, "Not_A_Name")));
        Assert.True(failure.IsInvalid);
        Assert.Contains(failure.Status.Details!.Causes!, cause => cause.Field == "metadata.name");
    }

    [Fact]
    public async Task Replace_StaleVersion_Conflict()
    {
        var space = await fixture.Server.NamespaceAsync();
        var made = await Maps.CreateAsync(Manifests.ConfigMap(space, "a", ("k", "1")));
        await Maps.ReplaceAsync(made with { Data = new Dictionary<string, string> { ["k"] = "2" } });
        var failure = await Assert.ThrowsAsync<KubernetesException>(() =>
            Maps.ReplaceAsync(made with { Data = new Dictionary<string, string> { ["k"] = "3" } }));
        Assert.True(failure.IsConflict && !failure.IsAlreadyExists);
        Assert.Equal("2", (await Maps.GetAsync("a", space))!.Data!["k"]);
    }

    [Fact]
    public async Task Replace_ReadModel_Refused()
    {
        var pod = new V1Pod { Metadata = new() { Name = "p", Namespace = "default" } };
        await Assert.ThrowsAsync<NotSupportedException>(() => client.Resource<V1Pod>().ReplaceAsync(pod));
    }

    [Fact]
    public async Task Delete_Preconditions_ProtectANamesake()
    {
        var space = await fixture.Server.NamespaceAsync();
        var first = await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        await Maps.DeleteAsync("a", space);
        var second = await Maps.CreateAsync(Manifests.ConfigMap(space, "a"));
        var failure = await Assert.ThrowsAsync<KubernetesException>(() =>
            Maps.DeleteAsync("a", space, new DeleteOptions { Uid = first.Metadata.Uid }));
        Assert.True(failure.IsConflict);

        await Maps.PatchAsync("a", space, V1Patch.Merge(new JsonObject { ["data"] = new JsonObject { ["k"] = "v" } }));
        failure = await Assert.ThrowsAsync<KubernetesException>(() => Maps.DeleteAsync("a", space,
            new DeleteOptions { Uid = second.Metadata.Uid, ResourceVersion = second.Metadata.ResourceVersion }));
        Assert.True(failure.IsConflict);
        Assert.True(await Maps.DeleteAsync("a", space, new DeleteOptions { Uid = second.Metadata.Uid, Propagation = PropagationPolicy.Background }));
    }

    [Fact]
    public async Task Patch_AllThreeLanguages_ChangeWhatTheySay()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a", ("keep", "1"), ("drop", "2")));
        var merge = new JsonObject { ["data"] = new JsonObject { ["drop"] = null, ["merged"] = "3" } };
        await Maps.PatchAsync("a", space, V1Patch.Merge(merge));
        var strategic = new JsonObject { ["data"] = new JsonObject { ["strategic"] = "4" } };
        await Maps.PatchAsync("a", space, V1Patch.StrategicMerge(strategic));
        var escaped = new JsonPatchBuilder().Add(new JsonObject { ["x/y~z"] = "5" }, "metadata", "annotations")
            .Test("5", "metadata", "annotations", "x/y~z").Build();
        // An annotation key of this form is refused, which shows that the pointer reached it.
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => Maps.PatchAsync("a", space, escaped));
        Assert.True(failure.IsInvalid);
        var now = await Maps.PatchAsync("a", space, new JsonPatchBuilder().Test("4", "data", "strategic").Remove("data", "strategic").Build());
        Assert.Equal(["keep", "merged"], now.Data!.Keys.Order());
    }

    [Fact]
    public async Task List_SelectorsAndPages_GiveEveryObjectOnce()
    {
        var space = await fixture.Server.NamespaceAsync();
        foreach (var index in Enumerable.Range(0, 25))
        {
            var map = Manifests.ConfigMap(space, $"m{index:D2}");
            var labels = new Dictionary<string, string> { ["even"] = (index % 2 == 0).ToString() };
            await Maps.CreateAsync(map with { Metadata = map.Metadata with { Labels = labels } });
        }

        var all = await Maps.ListAsync(space, new ListOptions { Limit = 10 });
        Assert.Equal(25, all.Items.Select(map => map.Metadata.Name).Distinct().Count());
        Assert.All(all.Items, map => Assert.Equal("ConfigMap", map.Kind));
        Assert.Equal(13, (await Maps.ListAsync(space, new ListOptions { LabelSelector = "even=True" })).Items.Count);
        var one = await Maps.ListAsync(space, new ListOptions { FieldSelector = "metadata.name=m07" });
        Assert.Equal("m07", Assert.Single(one.Items).Metadata.Name);
    }

    [Fact]
    public async Task Metadata_Only_LeavesTheBodyAtTheServer()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Maps.CreateAsync(Manifests.ConfigMap(space, "a", ("k", new string('x', 10_000))));
        var list = await client.Metadata(ResourceKinds.ConfigMap).ListAsync(space);
        Assert.Equal("a", Assert.Single(list.Items).Metadata.Name);
        Assert.Equal("PartialObjectMetadata", list.Items[0].Kind);
    }

    [Theory]
    [InlineData("../secrets")]
    [InlineData("a/b")]
    [InlineData("..")]
    public async Task Get_NameThatIsAPath_StaysOneSegment(string name)
    {
        var failure = await Record.ExceptionAsync(() => Maps.GetAsync(name, "default"));
        Assert.True(failure is null or ArgumentException or KubernetesException { Code: System.Net.HttpStatusCode.BadRequest or System.Net.HttpStatusCode.Moved });
        Assert.DoesNotContain("/../", ResourceKinds.ConfigMap.Path("default", "../secrets"), StringComparison.Ordinal);
    }
}
