using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class DatacenterStoreTests(AdapterFixture fixture)
{
    private IDatacenterStore Store => fixture.Adapter.Datacenter;

    [Fact]
    public async Task Spec_IsReadWhole()
    {
        var record = (await Store.ReadAsync(default))!;

        Assert.Equal("north", record.Name);
        Assert.Equal(2, record.Spec.GpuClasses.Count);
        Assert.Equal("nvidia", record.Spec.GpuClasses[Cases.GpuClass].RuntimeClass);
        Assert.Equal(500_000_000, record.Spec.Prices.Gpu[Cases.GpuClass]);
        Assert.Equal((500, 1024), (record.Spec.ReservedCpuMilli, record.Spec.ReservedMemoryMiB));
        Assert.Equal(2_592_000u, record.Spec.Prices.MaxDurationSeconds);
    }

    // The sample names both; this server has neither, and is older than user namespaces.
    [Fact]
    public async Task RuntimeThatTheClusterDoesNotHave_IsFound_AndSoIsThatItCame()
    {
        var runtimes = fixture.Admin.Resource(ResourceKinds.RuntimeClass);
        // Other tests of this server may have made it.
        if (await runtimes.GetAsync("gvisor") is not null) await runtimes.DeleteAsync("gvisor");
        await Eventually.TrueAsync(async () => (await RuntimeProblemsAsync()).SequenceEqual(["gvisor RuntimeClassMissing", "nvidia RuntimeClassMissing"]));
        await runtimes.CreateAsync(new JsonObject { ["apiVersion"] = "node.k8s.io/v1", ["kind"] = "RuntimeClass", ["metadata"] = Json.Map(("name", "gvisor")), ["handler"] = "runsc" });
        await Eventually.TrueAsync(async () => (await RuntimeProblemsAsync()).SequenceEqual(["nvidia RuntimeClassMissing"]));
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        var ensure = Cases.Ensure(lease.Id, lease.Terms, Cases.Web);
        await WantUsersAsync("Require");
        try
        {
            await Eventually.TrueAsync(async () => (await RuntimeProblemsAsync()).SequenceEqual(["gvisor UserNamespacesMissing", "nvidia RuntimeClassMissing"]));
            var refusal = await Assert.ThrowsAsync<ClusterException>(() => fixture.Adapter.Workloads.ApplyAsync(ensure, default));
            Assert.Equal(("UserNamespacesMissing", true), (refusal.Reason, refusal.IsTransient));
            Assert.Contains("Kubernetes 1.33", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            await WantUsersAsync(null);
            await runtimes.DeleteAsync("gvisor");
        }

        await Eventually.TrueAsync(async () => (await RuntimeProblemsAsync()).SequenceEqual(["gvisor RuntimeClassMissing", "nvidia RuntimeClassMissing"]));
        await fixture.Adapter.Workloads.ApplyAsync(ensure, default);
    }

    private async Task<string[]> RuntimeProblemsAsync() =>
        [.. (await Store.ReadAsync(default))!.RuntimeProblems.Select(p => $"{p.Key} {p.Value.Reason}").Order(StringComparer.Ordinal)];

    private Task<JsonObject> WantUsersAsync(string? mode) => fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).PatchAsync(
        AdapterFixture.Datacenter, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["isolation"] = new JsonObject { ["userNamespaces"] = mode } } }));

    [Fact]
    public async Task Status_IsWrittenOnChange_AndHeadsWithIt()
    {
        var record = (await Store.ReadAsync(default))!;
        var report = new DatacenterReport([new("Ready", ConditionStatus.True, "Registered", "stake is enough")], 100, 98, 2, 3, new Earnings(12345, new EarningsSource(1, "0xm", "0xp", "0xt"), 98))
        {
            Capacity = [new("cpu", 16_000, 1_500, 2_000, 9_000), new("memory", 32L << 30, 1L << 30, 2L << 30, 7L << 30), new(Cases.GpuClass, 8, 1, 2, 5), new("nvidia.com/gpu/Gone/1024", 0, 0, 0, 0)],
        };

        Assert.Equal(1, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report, default)));
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report, default)));
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report with { ChainHead = 101 }, default)));
        Assert.Equal(1, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report with { ChainHead = 101, Leases = 4 }, default)));

        var stored = await fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).GetAsync("north");
        // What was summed over which blocks comes back after a restart; blocks without payments make no write.
        Assert.Equal(report.Earnings, (await Store.ReadAsync(default))!.Report!.Earnings);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report with { ChainHead = 101, Leases = 4, Earnings = report.Earnings with { ThroughBlock = 99 } }, default)));
        Assert.Equal((101, 4, "12345"), (stored.Number("status", "chain", "head"), stored.Number("status", "leases"), stored.Text("status", "earnings")));
        Assert.Equal(
            ["cpu 16 1500m 2 9", "memory 32Gi 1Gi 2Gi 7Gi", $"{Cases.GpuClass} 8 1 2 5"],
            stored.Items("status", "capacity").Select(c => string.Join(' ', c.Text("class"), c.Text("allocatable"), c.Text("held"), c.Text("leased"), c.Text("free"))));
        Assert.Equal(5, stored.Number("status", "devices", "free"));

        // What cannot be known now stands as it was.
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report with { ChainHead = 101, Leases = 4, Capacity = null }, default)));
        Assert.Equal(1, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, report with { ChainHead = 101, Leases = 4, Capacity = [report.Capacity![0] with { Held = 0, Free = 10_500 }] }, default)));
    }

    [Fact]
    public async Task ObjectThatTheSchemaAllows_AndNobodyUnderstands_SaysSoInItsConditions()
    {
        var datacenters = fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>());
        var before = await datacenters.GetAsync("north");
        var (record, endpoint) = ((await Store.ReadAsync(default))!, before.Text("spec", "endpoint")!);
        LeaseCondition[] good = [new("Valid", ConditionStatus.True, "Valid", "a"), new("Ready", ConditionStatus.True, "Serving", "b"), new("Registered", ConditionStatus.True, "Registered", "c")];
        await Store.WriteStatusAsync(record, new DatacenterReport(good, 1, 1, 1, 7, Earnings.None), default);
        await EndpointAsync("https://me:secret@north.example");
        try
        {
            ClusterException? fault = null;
            await Eventually.TrueAsync(async () => (fault = await Record.ExceptionAsync(() => Store.ReadAsync(default)) as ClusterException) is not null);
            Assert.Equal(IDatacenterStore.Invalid, fault!.Reason);
            LeaseCondition[] bad = [new("Valid", ConditionStatus.False, fault.Reason, fault.Message), new("Ready", ConditionStatus.False, fault.Reason, "d")];
            Assert.Equal(1, await fixture.WritesOfAsync(() => Store.WriteInvalidAsync(bad, default)));
            Assert.Equal(0, await fixture.WritesOfAsync(() => Store.WriteInvalidAsync(bad, default)));
            var stored = await datacenters.GetAsync("north");
            Assert.Equal(["Valid False", "Ready False", "Registered True"], stored.Items("status", "conditions").Select(c => $"{c.Text("type")} {c.Text("status")}"));
            Assert.Contains("spec.endpoint", stored.Items("status", "conditions").First().Text("message")!, StringComparison.Ordinal);
            Assert.Equal((stored.Number("metadata", "generation"), 7), (stored.Number("status", "observedGeneration"), stored.Number("status", "leases")));
        }
        finally
        {
            await EndpointAsync(endpoint);
            await Eventually.TrueAsync(async () => await Record.ExceptionAsync(() => Store.ReadAsync(default)) is null);
        }

        Task EndpointAsync(string url) =>
            datacenters.PatchAsync("north", null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["endpoint"] = url } }));
    }

    [Fact]
    public async Task Capacity_IsWhatThePodsLeave()
    {
        var name = $"node-{Guid.NewGuid():N}";
        await NodeAsync(name);
        await PodAsync(name);

        var node = await SeenAsync(name, n => n.Free.CpuMilli == 8000 - 1500 - 500);
        Assert.Equal(2, node.Free.Extended["nvidia.com/gpu"]);
        Assert.Equal("nvidia.com/gpu", node.GpuClasses[Cases.GpuClass]);
        Assert.Null(node.Blocked);

        await fixture.Admin.Resource(ResourceKinds.Node).PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = true } }));
        Assert.Equal("is cordoned", (await SeenAsync(name, n => n.Blocked is not null)).Blocked);
        await fixture.Admin.Resource(ResourceKinds.Node).DeleteAsync(name);
    }

    private async Task<Domain.Placement.NodeSnapshot> SeenAsync(string name, Func<Domain.Placement.NodeSnapshot, bool> when)
    {
        Domain.Placement.NodeSnapshot? seen = null;
        await Eventually.TrueAsync(async () =>
        {
            seen = (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).Nodes.FirstOrDefault(n => n.Name == name);
            return seen is not null && when(seen);
        });
        return seen!;
    }

    private async Task NodeAsync(string name)
    {
        var labels = Json.Map(Cases.Placement.NodeLabels);
        await fixture.Admin.Resource(ResourceKinds.Node).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = labels } });
        var amounts = Json.Map(("cpu", "8"), ("memory", "16Gi"), ("pods", "110"), ("ephemeral-storage", "100Gi"), ("nvidia.com/gpu", "4"));
        var status = new JsonObject
        {
            ["allocatable"] = amounts,
            ["capacity"] = amounts.DeepClone(),
            ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))),
        };
        await fixture.Admin.Resource(ResourceKinds.Node).PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
        // The admission of new nodes taints them until a controller has seen them; there is none here.
        await fixture.Admin.Resource(ResourceKinds.Node).PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
    }

    private async Task PodAsync(string node)
    {
        var space = await fixture.Server.NamespaceAsync();
        var requests = Json.Map(("cpu", "1500m"), ("nvidia.com/gpu", "2"));
        var container = new JsonObject { ["name"] = "c", ["image"] = "i", ["resources"] = new JsonObject { ["requests"] = requests, ["limits"] = requests.DeepClone() } };
        await fixture.Admin.Resource(ResourceKinds.Pod).CreateAsync(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = space },
            ["spec"] = new JsonObject { ["nodeName"] = node, ["containers"] = new JsonArray(container) },
        });
    }
}
