using Federation.Application.Ports;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class CursorStoreTests(AdapterFixture fixture)
{
    private static readonly ChainIdentity Chain = AdapterFixture.Options().Chain;

    [Fact]
    public async Task Cursor_IsKept_AndNotWrittenTwice()
    {
        var space = await fixture.Server.NamespaceAsync();
        var cursor = new ChainCursor(Chain.ChainId, Chain.LeaseManager, ulong.MaxValue, Cases.Hash("block"));
        Assert.Null(await Store(space).LoadAsync(default));

        var store = Store(space);
        await store.SaveAsync(cursor with { Block = 1 }, default);
        await store.SaveAsync(cursor, default);
        var version = await VersionAsync(space);
        await store.SaveAsync(cursor, default);

        Assert.Equal(version, await VersionAsync(space));
        Assert.Equal(cursor, await Store(space).LoadAsync(default));
    }

    [Fact]
    public async Task SecondWriter_LosesAndReadsAgain()
    {
        var space = await fixture.Server.NamespaceAsync();
        var cursor = new ChainCursor(Chain.ChainId, Chain.LeaseManager, 5, "0x05");
        var (one, two) = (Store(space), Store(space));
        await one.SaveAsync(cursor, default);
        await two.LoadAsync(default);
        await one.SaveAsync(cursor with { Block = 6 }, default);

        var refusal = await Assert.ThrowsAsync<ClusterException>(() => two.SaveAsync(cursor with { Block = 4 }, default));
        Assert.True(refusal.IsTransient);
        await two.SaveAsync(cursor with { Block = 7 }, default);

        Assert.Equal(7ul, (await Store(space).LoadAsync(default))!.Block);
    }

    [Fact]
    public async Task CursorOfAnotherChain_IsRefused()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Store(space).SaveAsync(new ChainCursor(1, Chain.LeaseManager, 5, "0x05"), default);

        var refusal = await Assert.ThrowsAsync<ClusterException>(() => Store(space).LoadAsync(default));

        Assert.Equal(("CursorOfAnotherChain", false), (refusal.Reason, refusal.IsTransient));
    }

    private CursorStore Store(string space) => new(fixture.Admin, space, Chain);

    private async Task<string?> VersionAsync(string space) =>
        (await fixture.Admin.Resource<V1ConfigMap>().GetAsync(CursorStore.Name, space))!.Metadata.ResourceVersion;
}
