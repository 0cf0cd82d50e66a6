using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Volumes that grow, on a real API server with the rights of the demonstration's operator.</summary>
[Collection("one adapter")]
public sealed class VolumeGrowthTests(AdapterFixture fixture)
{
    // No controllers run here: class, claim and binding are made by hand. The API server's own checks of a growing claim are real.
    [Fact]
    public async Task Volumes_GrowWhereTheirClassAllowsIt_ByARightOfTheirNamespaceAlone()
    {
        await fixture.GrantAsync();
        await using var adapter = new ClusterAdapter(AdapterFixture.Options() with { InstallDefinitions = false }, fixture.Server.Configuration() with { Impersonate = "federation-operator" }, new TestHasher());
        await adapter.StartAsync(default);
        var (lease, claims) = (await NewAsync(adapter), fixture.Admin.Resource(ResourceKinds.PersistentVolumeClaim));
        await fixture.Admin.Resource(ResourceKinds.StorageClass).CreateAsync(Class("grows", true));
        await fixture.Admin.Resource(ResourceKinds.StorageClass).CreateAsync(Class("stays", false));
        await claims.CreateAsync(Claim(lease, "grows"));
        await Eventually.TrueAsync(async () => (await adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).Claims is [{ CanGrow: false }]);
        await claims.PatchAsync("data-data-db-0", lease.Id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse("""{"status":{"phase":"Bound","capacity":{"storage":"2Gi"} } }""")!), new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(async () => (await adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).Claims is [{ MiB: 2048, CanGrow: true }]);

        var larger = Cases.Stateful with { Services = [Cases.Stateful.Services[0] with { Volumes = [Cases.Stateful.Services[0].Volumes[0] with { SizeMiB = 3072 }] }] };
        await UntilAppliedAsync(adapter, Cases.Ensure(lease.Id, lease.Terms, larger));
        Assert.Equal("3Gi", (await claims.GetAsync("data-data-db-0", lease.Id.Namespace)).Text("spec", "resources", "requests", "storage"));
        var set = await fixture.Admin.Resource(ResourceKinds.StatefulSet).GetAsync("db", lease.Id.Namespace);
        Assert.Equal("3Gi", Assert.Single(set.Items("spec", "volumeClaimTemplates")).Text("spec", "resources", "requests", "storage"));
        var before = adapter.Writes;
        await adapter.Workloads.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, larger), default);
        Assert.Equal(before, adapter.Writes);

        // By another lease's claim, of a class that keeps its size; the right was given in the first one's namespace.
        var other = await NewAsync(adapter);
        await claims.CreateAsync(Claim(other, "stays"));
        await claims.PatchAsync("data-data-db-0", other.Id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse("""{"status":{"phase":"Bound"} }""")!), new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(async () => (await adapter.Workloads.ObserveAsync(other.Id, other.Terms, default)).Claims is [{ CanGrow: false }]);
        var refused = await Assert.ThrowsAsync<KubernetesException>(() => adapter.Client.Resource(ResourceKinds.PersistentVolumeClaim).PatchAsync("data-data-db-0", other.Id.Namespace, V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = Json.Map(("a", "b")) } })));
        Assert.True(refused.IsForbidden);
        // Whoever asks for it all the same, by a class that was changed meanwhile, touches nothing of what runs.
        await Eventually.TrueAsync(
            async () => (await Assert.ThrowsAsync<ClusterException>(() => adapter.Workloads.ApplyAsync(Cases.Ensure(other.Id, other.Terms, larger), default))).Message.Contains("support resize", StringComparison.Ordinal),
            what: "the API server refuses");
        Assert.Empty((await adapter.Workloads.ObserveAsync(other.Id, other.Terms, default)).Items);
    }

    private static async Task<MatchedLease> NewAsync(ClusterAdapter adapter)
    {
        var lease = Cases.Lease();
        await adapter.Leases.EnsureAsync(lease, default);
        await adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        return lease;
    }

    // The right is new, a quota is counted, a StatefulSet is made anew: each is for another pass.
    private static Task UntilAppliedAsync(ClusterAdapter adapter, EnsureWorkload ensure) => Eventually.TrueAsync(async () =>
    {
        try
        {
            await adapter.Workloads.ApplyAsync(ensure, default);
            return true;
        }
        catch (ClusterException)
        {
            return false;
        }
    });

    private static JsonObject Class(string name, bool grows) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name }, ["provisioner"] = "csi.example.org", ["allowVolumeExpansion"] = grows,
    };

    private static JsonObject Claim(MatchedLease lease, string storageClass) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject { ["name"] = "data-data-db-0", ["namespace"] = lease.Id.Namespace, ["labels"] = Json.Map((Names.LeaseLabel, Names.LabelOf(lease.Id)), (Names.ItemLabel, "db")) },
        ["spec"] = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = Json.Map(("storage", "2Gi")) }, ["storageClassName"] = storageClass },
    };
}
