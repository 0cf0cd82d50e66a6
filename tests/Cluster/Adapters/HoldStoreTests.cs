using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class HoldStoreTests(AdapterFixture fixture)
{
    private static readonly Hold One = new(
        "0xr/1f", "0xr", "0xTenant", Cases.Terms(2).Resources,
        [new NodeShare("node-1", 1000, 1L << 31, Cases.GpuClass, 2), new NodeShare("node-2", 500, 0, null, 0)], 1_800_000_000, [Cases.NewId(), Cases.NewId()])
    {
        Caller = "192.0.2.7", Deposit = 123_456_789, IsBid = true, Amends = new AmendedLease(Cases.NewId(), 3),
    };

    [Fact]
    public async Task Holds_ComeBackWhole_AfterARestart()
    {
        var space = await fixture.Server.NamespaceAsync();
        var store = Store(space);
        var empty = await store.ReadAsync(false, default);
        Assert.Empty(empty.Holds);
        Assert.True(await store.TryWriteAsync(empty, [One, One with { Id = "0xr/2", Resources = Cases.Terms().Resources }], default));

        var again = (await Store(space).ReadAsync(false, default)).Holds;
        Assert.Equal(["0xr/1f", "0xr/2"], again.Select(h => h.Id));
        Assert.Equal(One with { Shares = again[0].Shares, Leases = again[0].Leases }, again[0]);
        Assert.Equal(One.Shares, again[0].Shares);
        Assert.Equal(One.Leases, again[0].Leases);
        Assert.Equal(Cases.Terms().Resources, again[1].Resources);
    }

    [Fact]
    public async Task TwoWriters_NeverBothWin()
    {
        var space = await fixture.Server.NamespaceAsync();
        var (one, two) = (Store(space), Store(space));
        var (seenByOne, seenByTwo) = (await one.ReadAsync(false, default), await two.ReadAsync(false, default));
        Assert.True(await one.TryWriteAsync(seenByOne, [One], default));
        Assert.False(await two.TryWriteAsync(seenByTwo, [], default));

        seenByTwo = await two.ReadAsync(false, default);
        Assert.Single(seenByTwo.Holds);
        Assert.True(await two.TryWriteAsync(seenByTwo, [.. seenByTwo.Holds, One with { Id = "b" }], default));
        Assert.False(await one.TryWriteAsync(await one.ReadAsync(false, default), [], default));
        Assert.Equal(2, (await one.ReadAsync(true, default)).Holds.Count);

        // Written over what this very store has replaced meanwhile.
        Assert.False(await two.TryWriteAsync(seenByTwo, [], default));
    }

    [Fact]
    public async Task EarlierTerm_WritesNothingOnceALaterOneHas()
    {
        var space = await fixture.Server.NamespaceAsync();
        var (old, young) = (Store(space, 4), Store(space, 5));
        Assert.True(await old.TryWriteAsync(await old.ReadAsync(false, default), [One], default));
        Assert.True(await young.TryWriteAsync(await young.ReadAsync(false, default), [One], default));

        Assert.False(await old.TryWriteAsync(await old.ReadAsync(false, default), [], default));
        var refusal = await Assert.ThrowsAsync<ClusterException>(async () => await old.TryWriteAsync(await old.ReadAsync(true, default), [], default));
        Assert.Equal("TermOver", refusal.Reason);
    }

    [Fact]
    public async Task ManyWriters_LoseNoHold()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => AddAsync(Store(space), $"{i}")));
        Assert.Equal(8, (await Store(space).ReadAsync(true, default)).Holds.Count);

        static async Task AddAsync(HoldStore store, string id)
        {
            while (await store.ReadAsync(true, default) is var seen && !await store.TryWriteAsync(seen, [.. seen.Holds, One with { Id = id }], default))
            {
            }
        }
    }

    [Fact]
    public async Task Rubbish_IsSaid_AndNotWrittenOver()
    {
        var space = await fixture.Server.NamespaceAsync();
        await fixture.Admin.Resource<V1ConfigMap>().CreateAsync(new V1ConfigMap
        {
            Metadata = new() { Name = HoldStore.Name, Namespace = space },
            Data = new Dictionary<string, string> { ["term"] = "1", ["holds"] = """[{"id":"x"}]""" },
        });
        Assert.Equal("HoldsUnreadable", (await Assert.ThrowsAsync<ClusterException>(() => Store(space).ReadAsync(false, default))).Reason);
        Assert.Empty(await Store(space).FindAsync(Cases.NewId(), default));
    }

    [Fact]
    public async Task Lease_BearsTheNodesThatWereHeldForIt_WithoutAWriteMore()
    {
        var (lease, store) = (Cases.Lease(), fixture.Adapter.Holds);
        var seen = await store.ReadAsync(true, default);
        Assert.True(await store.TryWriteAsync(seen, [One with { Leases = [lease.Id] }], default));

        Assert.Equal(2, await fixture.WritesOfAsync(() => fixture.Adapter.Leases.EnsureAsync(lease, default)));
        Assert.True(await store.TryWriteAsync(await store.ReadAsync(false, default), [], default));
        Assert.Equal(One.Shares, (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id).Reserved);

        // Isolation applies the namespace too, and leaves it be.
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await fixture.Admin.Resource(ResourceKinds.Namespace).PatchAsync(lease.Id.Namespace, null, Kubernetes.Client.V1Patch.Merge(new System.Text.Json.Nodes.JsonObject { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["labels"] = Json.Map((Names.ManagedByLabel, "me")) } }));
        await Eventually.TrueAsync(async () => await fixture.WritesOfAsync(() => fixture.Adapter.Leases.EnsureAsync(lease, default)) > 0);
        Assert.Equal(One.Shares, (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id).Reserved);
    }

    // Said before the new terms are: with those the hold may go.
    [Fact]
    public async Task AmendedLease_BearsWhatWasHeldBesides()
    {
        var (lease, store) = (Cases.Lease(), fixture.Adapter.Holds);
        Assert.True(await store.TryWriteAsync(await store.ReadAsync(true, default), [One with { Leases = [lease.Id], Amends = null }], default));
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        var larger = lease with { Terms = lease.Terms with { Resources = lease.Terms.Resources with { CpuMilli = 2500 } } };
        NodeShare[] more = [new NodeShare("node-2", 1000, 0, null, 0), new NodeShare("node-3", 500, 1L << 30, null, 0)];
        Assert.True(await store.TryWriteAsync(await store.ReadAsync(false, default), [One with { Leases = [], Shares = more, Amends = new AmendedLease(lease.Id, 0) }], default));

        // The namespace, the object, and the Event that tells.
        Assert.Equal(3, await fixture.WritesOfAsync(() => fixture.Adapter.Leases.EnsureAsync(larger, default)));
        Assert.Equal(0, await fixture.WritesOfAsync(() => fixture.Adapter.Leases.EnsureAsync(larger, default)));
        Assert.True(await store.TryWriteAsync(await store.ReadAsync(false, default), [], default));
        NodeShare[] all = [One.Shares[0], One.Shares[1] with { CpuMilli = 1500 }, more[1]];
        var record = (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);
        Assert.Equal(larger.Terms, record.Terms);
        Assert.Equal(all, record.Reserved);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(larger.Id, larger.Terms), default);
        Assert.Equal(all, (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id).Reserved);
    }

    private HoldStore Store(string space, long term = 1) => new(fixture.Admin, space, term);
}
