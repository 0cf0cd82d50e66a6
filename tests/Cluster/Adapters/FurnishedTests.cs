using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>What stands around a program: probes, references, volumes, ports to the outside, the runtime.</summary>
[Collection("one adapter")]
public sealed class FurnishedTests(AdapterFixture fixture)
{
    private IWorkloadCluster Cluster => fixture.Adapter.Workloads;

    [Theory]
    [InlineData("StatefulSet", "game", """{"spec":{"template":{"spec":{"containers":[{"name":"game","livenessProbe":null}]}}}}""")]
    [InlineData("StatefulSet", "game", """{"spec":{"template":{"spec":{"volumes":[{"name":"data-shm","emptyDir":{"sizeLimit":"9Gi"}}]}}}}""")]
    [InlineData("StatefulSet", "game", """{"spec":{"template":{"spec":{"runtimeClassName":"runc"}}}}""")]
    [InlineData("Service", "game-udp", """{"spec":{"externalTrafficPolicy":"Cluster"}}""")]
    [InlineData("NetworkPolicy", "exposed.game", """{"spec":{"ingress":[{}]}}""")]
    [InlineData("NetworkPolicy", "exposed.game", """{"spec":{"ingress":[]}}""")]
    public async Task FurnishedService_EditedByHand_IsNoticedAndRepaired(string kind, string name, string edit)
    {
        var lease = await NewAsync();
        var ensure = Cases.Ensure(lease.Id, lease.Terms, Cases.Furnished);
        await Cluster.ApplyAsync(ensure, default);
        var resource = kind switch { "StatefulSet" => ResourceKinds.StatefulSet, "Service" => ResourceKinds.Service, _ => ResourceKinds.NetworkPolicy };
        await fixture.Admin.Resource(resource).PatchAsync(name, lease.Id.Namespace, V1Patch.StrategicMerge((JsonObject)JsonNode.Parse(edit)!));
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).AppliedSpecHash is null);

        await Cluster.ApplyAsync(ensure, default);

        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
    }

    [Fact]
    public async Task ExposedPorts_AreToldInTheEndpoints_AndClosedWhenTheyAreNoLongerAskedFor()
    {
        var lease = await NewAsync();
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Cases.Furnished), default);
        Assert.Equal(
            ["chat tcp://ports.north.example", "play udp://ports.north.example"],
            (await ObserveAsync(lease)).Endpoints.Where(e => e.IsExposed).Select(e => $"{e.Port} {e.Url[..e.Url.LastIndexOf(':')]}").Order());
        var policy = await PolicyAsync(lease);
        Assert.Equal("""[{"ports":[{"protocol":"UDP","port":7777},{"protocol":"TCP","port":7778}]}]""", policy.At("spec", "ingress")!.ToJsonString());

        var plain = Cases.Furnished.Services[0] with { Ports = [.. Cases.Furnished.Services[0].Ports.Select(p => p with { IsExposed = false })] };
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([plain], [])), default);

        Assert.DoesNotContain((await ObserveAsync(lease)).Endpoints, e => e.IsExposed);
        Assert.Equal(["game", "game-pods"], (await fixture.Admin.Resource(ResourceKinds.Service).ListAsync(lease.Id.Namespace)).Items.Select(i => ObjectView.Key(i).Name).Order());
        Assert.Empty((await PolicyAsync(lease)).Items("spec", "ingress"));
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([plain], [])), default)));

        // Opened again, and closed by the end of all.
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Cases.Furnished), default);
        await Cluster.ApplyAsync(new StopWorkload(lease.Id), default);
        Assert.Empty((await PolicyAsync(lease)).Items("spec", "ingress"));
        Assert.Empty((await ObserveAsync(lease)).Items);
        Assert.NotNull((await ObserveAsync(lease)).IsolationHash);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new StopWorkload(lease.Id), default)));
    }

    [Fact]
    public async Task ExposedPorts_AreClosed_WhenTheDatacenterAllowsThemNoLonger()
    {
        var lease = await NewAsync();
        var (workload, isolation) = (Cases.Ensure(lease.Id, lease.Terms, Cases.Furnished), new EnsureIsolation(lease.Id, lease.Terms));
        await Cluster.ApplyAsync(workload, default);
        await AllowAsync("null");
        try
        {
            await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).IsolationHash is null);
            await Cluster.ApplyAsync(isolation, default);

            Assert.Empty((await PolicyAsync(lease)).Items("spec", "ingress"));
            Assert.Equal("0", (await QuotaAsync(lease)).Text("spec", "hard", "services.nodeports"));
            Assert.NotNull((await ObserveAsync(lease)).IsolationHash);
            Assert.Null((await ObserveAsync(lease)).AppliedSpecHash);
            Assert.Equal(0, (await Cluster.ReadCapacityAsync(default)).ExposedPorts);
        }
        finally
        {
            await AllowAsync("""{"type":"NodePort","maxPerLease":4,"address":"ports.north.example"}""");
        }

        await Eventually.TrueAsync(async () => (await Cluster.ReadCapacityAsync(default)).ExposedPorts == 4);
        await Cluster.ApplyAsync(isolation, default);
        await Cluster.ApplyAsync(workload, default);
        Assert.NotEmpty((await PolicyAsync(lease)).Items("spec", "ingress"));
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
    }

    // Started anew, an operator does not know what the object said before somebody broke it.
    [Fact]
    public async Task DatacenterThatNobodyUnderstands_StartsNothingInARuntimeThatNobodyNamed()
    {
        var (lease, broken) = (await NewAsync(), AdapterFixture.Sample("datacenter-gpu"));
        broken["metadata"]!["name"] = "broken";
        broken["spec"]!["endpoint"] = "https://me:secret@north.example";
        await fixture.Admin.ApplyAsync(broken, new ApplyOptions { FieldManager = "admin" });
        await using var fresh = new ClusterAdapter(AdapterFixture.Options() with { DatacenterName = "broken" }, fixture.Server.Configuration(), new TestHasher());
        await fresh.StartAsync(default);
        var ensure = Cases.Ensure(lease.Id, lease.Terms, Cases.Web);

        var refusal = await Assert.ThrowsAsync<ClusterException>(() => fresh.Workloads.ApplyAsync(ensure, default));
        Assert.Equal(("DatacenterInvalid", true, 0L), (refusal.Reason, refusal.IsTransient, fresh.Writes));

        broken["spec"]!["endpoint"] = "https://north.example";
        await fixture.Admin.ApplyAsync(broken, new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(async () => (await fresh.Workloads.ReadCapacityAsync(default)).ExposedPorts == 4);
        await fresh.Workloads.ApplyAsync(ensure, default);
        var made = await fixture.Admin.Resource(ResourceKinds.Deployment).GetAsync("web", lease.Id.Namespace);
        Assert.Equal("gvisor", made.Text("spec", "template", "spec", "runtimeClassName"));
        await fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).DeleteAsync("broken", null);
    }

    // The isolation's own name: a dot keeps them apart.
    [Fact]
    public async Task ServiceNamedAsTheIsolation_LeavesItAlone()
    {
        var lease = await NewAsync();
        var service = new ServiceSpec(Cases.Container(Names.Isolation), [new PortSpec("play", 7777, "TCP") { IsExposed = true }], [], null);
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([service], [])), default);
        Assert.NotNull((await ObserveAsync(lease)).IsolationHash);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default)));
    }

    private Task<JsonObject> AllowAsync(string ports) => fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).PatchAsync(
        AdapterFixture.Datacenter, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["ports"] = JsonNode.Parse(ports) } }));

    private async Task<JsonObject> PolicyAsync(MatchedLease lease) =>
        (await fixture.Admin.Resource(ResourceKinds.NetworkPolicy).GetAsync("exposed.game", lease.Id.Namespace))!;

    private async Task<JsonObject> QuotaAsync(MatchedLease lease) =>
        (await fixture.Admin.Resource(ResourceKinds.ResourceQuota).GetAsync(Names.Isolation, lease.Id.Namespace))!;

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        return lease;
    }

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => Cluster.ObserveAsync(lease.Id, lease.Terms, default);
}
