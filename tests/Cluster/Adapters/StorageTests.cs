using System.Text.Json.Nodes;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Storage that is promised, as a real API server shows and keeps what it is promised by.</summary>
[Collection("one adapter")]
public sealed class StorageTests(AdapterFixture fixture) : IAsyncLifetime
{
    private readonly string node = $"node-{Guid.NewGuid():N}";
    private long before;

    private ResourceClient<JsonObject> Claims => fixture.Admin.Resource(ResourceKinds.PersistentVolumeClaim);

    // Other tests of this server leave claims, of leases that are over: they count as kept.
    public async ValueTask InitializeAsync()
    {
        before = (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).Volumes.Values.Sum();
        await NameAsync(before + 3000);
        await NodeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await NameAsync(8_388_608);
        await fixture.Admin.Resource(ResourceKinds.Node).DeleteAsync(node);
    }

    [Fact]
    public async Task VolumesOfALeaseThatIsOver_AndHolds_AreOffWhatIsFree_AfterARestartToo()
    {
        var holds = await fixture.Server.NamespaceAsync();
        Assert.Equal(3000, await FreeAsync(fixture.Adapter, holds));
        // 1. A volume is there of a lease that no picture of the chain has.
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await Claims.CreateAsync(Claim(lease.Id, lease.Id.Namespace));
        await Eventually.TrueAsync(async () => await FreeAsync(fixture.Adapter, holds) == 952);
        // 2. One with the label of a lease elsewhere is somebody else's.
        await Claims.CreateAsync(Claim(lease.Id, await fixture.Server.NamespaceAsync()));
        // 3. A quote holds some.
        var store = Store(holds);
        var hold = new Hold("0xr/1", "0xr", "0xTenant", Of(900), [], TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600, []);
        Assert.True(await store.TryWriteAsync(await store.ReadAsync(false, default), [hold], default));
        // 4. Another process knows of both from its first look on.
        await using (var next = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher()))
        {
            await next.StartAsync(default);
            var book = await BookAsync(next, holds);
            Assert.Equal(52, FreeOf(book));
            Assert.Equal("", book.Reserve(Of(52)).Placement.Message);
            var refused = book.Reserve(Of(1000)).Placement;
            Assert.Equal(PlacementReasons.NotEnoughStorage, refused.Reason);
            Assert.Contains($"needs 1000 MiB of storage, free are 52 of {before + 3000}", refused.Message, StringComparison.Ordinal);
        }

        // 5. What is removed is free again.
        await Claims.PatchAsync("data-data-db-0", lease.Id.Namespace, V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }));
        await Claims.DeleteAsync("data-data-db-0", lease.Id.Namespace);
        await Eventually.TrueAsync(async () => await FreeAsync(fixture.Adapter, holds) == 2100);
    }

    [Fact]
    public async Task AmountThatIsNone_IsRefusedByTheServer_AndNoneAtAllIsWhatNodesHave()
    {
        var refused = await Assert.ThrowsAsync<KubernetesException>(() => NameAsync(-1));
        Assert.Contains("storageMiB", refused.Message, StringComparison.Ordinal);
        await NameAsync(null);
        var holds = await fixture.Server.NamespaceAsync();
        var with = await AllAsync();
        await fixture.Admin.Resource(ResourceKinds.Node).PatchAsync(node, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = true } }));
        await Eventually.TrueAsync(async () => await AllAsync() == with - (100L << 30));

        async Task<long> AllAsync() => (await BookAsync(fixture.Adapter, holds)).Classes().Single(c => c.Class == ClassCapacity.Storage).Allocatable;
    }

    // Neither a missing object nor one that nobody understands names nothing: what it names is not known.
    [Fact]
    public async Task DatacenterThatWasNeverUnderstood_IsNotOneThatNamesNone()
    {
        var (name, holds) = ($"dc-{Guid.NewGuid():N}", await fixture.Server.NamespaceAsync());
        await using var fresh = new ClusterAdapter(AdapterFixture.Options() with { DatacenterName = name }, fixture.Server.Configuration(), new TestHasher());
        await fresh.StartAsync(default);
        await RefusesAsync();

        var broken = AdapterFixture.Sample("datacenter-gpu");
        broken["metadata"]!["name"] = name;
        broken["spec"]!.AsObject().Remove("storageMiB");
        broken["spec"]!["endpoint"] = "https://me:secret@north.example";
        await fixture.Admin.ApplyAsync(broken, new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(IsInvalidAsync);
        await RefusesAsync();

        // Understood, it names none; broken again, that holds.
        broken["spec"]!["endpoint"] = "https://north.example";
        await fixture.Admin.ApplyAsync(broken, new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(async () => await fresh.Workloads.ReadCapacityAsync(default) is { IsStorageRead: true, StorageMiB: null });
        broken["spec"]!["endpoint"] = "https://me:secret@north.example";
        await fixture.Admin.ApplyAsync(broken, new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(IsInvalidAsync);
        Assert.True((await BookAsync(fresh, holds)).IsStorageRead);
        await fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).DeleteAsync(name, null);

        async Task<bool> IsInvalidAsync()
        {
            try
            {
                await fresh.Datacenter.ReadAsync(default);
                return false;
            }
            catch (ClusterException error) when (error.Reason == IDatacenterStore.Invalid)
            {
                return true;
            }
        }

        async Task RefusesAsync()
        {
            Assert.False((await fresh.Workloads.ReadCapacityAsync(default)).IsStorageRead);
            Assert.Equal(PlacementReasons.StorageUnknown, (await BookAsync(fresh, holds)).Reserve(Of(1)).Placement.Reason);
        }
    }

    private async Task NodeAsync()
    {
        var nodes = fixture.Admin.Resource(ResourceKinds.Node);
        await nodes.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = node } });
        var amounts = Json.Map(("cpu", "8"), ("memory", "16Gi"), ("pods", "110"), ("ephemeral-storage", "100Gi"));
        var status = new JsonObject { ["allocatable"] = amounts, ["capacity"] = amounts.DeepClone(), ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))) };
        await nodes.PatchAsync(node, null, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
        // The admission of new nodes taints them until a controller has seen them; there is none here.
        await nodes.PatchAsync(node, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).Nodes.Any(n => n.Name == node && n is { Blocked: null, Free.EphemeralBytes: 100L << 30 }));
    }

    private async Task NameAsync(long? mib)
    {
        await fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).PatchAsync(
            AdapterFixture.Datacenter, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["storageMiB"] = mib } }));
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).StorageMiB == mib);
    }

    private async Task<long> FreeAsync(ClusterAdapter adapter, string holds) => FreeOf(await BookAsync(adapter, holds));

    private static long FreeOf(CapacityBook book) => book.Classes().Single(c => c.Class == ClassCapacity.Storage).Free >> 20;

    // A process that has read a chain without leases.
    private async Task<CapacityBook> BookAsync(ClusterAdapter adapter, string holds)
    {
        var health = new OperatorHealth(TimeProvider.System);
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        var reader = new CapacityReader(adapter.Workloads, adapter.Leases, Store(holds), health, new TestHasher(), HoldLimits.Usual, TimeProvider.System);
        return (await reader.ReadAsync(fresh: true, default))!.Book;
    }

    private HoldStore Store(string space) => new(fixture.Admin, space, 1);

    private static Resources Of(uint mib) => new(1, 1, mib, 0, GpuCount.None, GpuCount.None);

    private static JsonObject Claim(LeaseId id, string space) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject { ["name"] = "data-data-db-0", ["namespace"] = space, ["labels"] = Json.Map((Names.LeaseLabel, Names.LabelOf(id)), (Names.ItemLabel, "db")) },
        ["spec"] = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = Json.Map(("storage", "2Gi")) } },
    };
}
