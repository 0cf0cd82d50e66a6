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

/// <summary>Leases behind one address of a load balancer, on a server of their own: all exposed ports of a cluster count.</summary>
public sealed class PortRangeTests(AdapterFixture fixture) : IClassFixture<AdapterFixture>, IAsyncLifetime
{
    private const string Address = "203.0.113.9";

    // Both protocols of a port go by one number.
    private static readonly WorkloadSpec Shell = new(
        [new ServiceSpec(Cases.Container("shell"), [new PortSpec("ssh", 22, "TCP") { IsExposed = true }, new PortSpec("mosh", 22, "UDP") { IsExposed = true }], [], null)], []);

    private static readonly WorkloadSpec Closed = new([new ServiceSpec(Cases.Container("shell"), [new PortSpec("ssh", 22, "TCP")], [], null)], []);

    private readonly List<MatchedLease> made = [];

    public async ValueTask InitializeAsync() => await AllowAsync("""{"type":"LoadBalancer","range":"30000-30002","maxTotal":null}""");

    public async ValueTask DisposeAsync()
    {
        foreach (var lease in made) await fixture.Adapter.Workloads.ApplyAsync(new StopWorkload(lease.Id), default);
    }

    [Fact]
    public async Task LeasesThatWantTheSamePort_GetOneEach_AndKeepItOverARestart()
    {
        var (a, b) = (await NewAsync(), await NewAsync());
        await Task.WhenAll(EnsureAsync(a, Shell), EnsureAsync(b, Shell));
        Assert.Equal(new[] { 30000L, 30001L }, (await NumbersAsync(a)).Concat(await NumbersAsync(b)).Order());
        foreach (var lease in new[] { a, b }) await BalanceAsync(lease);
        var told = (await fixture.Adapter.Workloads.ObserveAsync(b.Id, b.Terms, default)).Endpoints.Where(e => e.IsExposed).Select(e => e.Url).Order();
        var number = Assert.Single(await NumbersAsync(b));
        Assert.Equal([$"tcp://{Address}:{number}", $"udp://{Address}:{number}"], told);

        await using var next = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher());
        await next.StartAsync(default);
        await Eventually.TrueAsync(async () => (await next.Workloads.ReadCapacityAsync(default)).PortUse.Most == 3);
        foreach (var lease in new[] { b, a }) await next.Workloads.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Shell), default);
        Assert.Equal(0, next.Writes);
        var c = await NewAsync();
        await Eventually.TrueAsync(async () => (await next.Workloads.ObserveAsync(c.Id, c.Terms, default)).NamespaceExists);
        await next.Workloads.ApplyAsync(Cases.Ensure(c.Id, c.Terms, Shell), default);
        Assert.Equal(new[] { 30002L }, await NumbersAsync(c));
    }

    [Fact]
    public async Task RangeThatIsUsedUp_IsSaid_TakesNothingFromAnybody_AndIsGivenOutAgain()
    {
        var (leases, late) = (new[] { await NewAsync(), await NewAsync(), await NewAsync() }, await NewAsync());
        foreach (var lease in leases) await EnsureAsync(lease, Shell);
        var before = await Task.WhenAll(leases.Select(NumbersAsync));

        var refused = await Assert.ThrowsAsync<ClusterException>(() => EnsureAsync(late, Shell));
        Assert.Equal(("PortsExhausted", true), (refused.Reason, refused.IsTransient));
        var use = (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).PortUse;
        Assert.Equal((3, 0, 1), (use.Most, use.RoomFor(late.Id), use.RoomFor(leases[0].Id)));
        Assert.Equal(before.SelectMany(n => n), (await Task.WhenAll(leases.Select(NumbersAsync))).SelectMany(n => n));

        await EnsureAsync(leases[1], Closed);
        Assert.Equal(1, (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).PortUse.RoomFor(late.Id));
        await EnsureAsync(late, Shell);
        Assert.Equal(before[1], await NumbersAsync(late));
    }

    [Fact]
    public async Task BoundThatIsLowered_ClosesNothing_AndLetsNothingMoreOut()
    {
        var (a, b, late) = (await NewAsync(), await NewAsync(), await NewAsync());
        foreach (var lease in new[] { a, b }) await EnsureAsync(lease, Shell);
        await AllowAsync("""{"type":"LoadBalancer","range":"30000-30002","maxTotal":1}""");

        Assert.Equal(0, await fixture.WritesOfAsync(() => EnsureAsync(a, Shell)));
        Assert.Equal("PortsExhausted", (await Assert.ThrowsAsync<ClusterException>(() => EnsureAsync(late, Shell))).Reason);
        await AllowAsync("""{"type":"LoadBalancer","range":"30000-30002","maxTotal":null}""");
        await EnsureAsync(late, Shell);
    }

    [Fact]
    public async Task NumberThatSomebodyEdited_IsSetBack_AndAnotherRangeMovesIt()
    {
        var (a, b) = (await NewAsync(), await NewAsync());
        foreach (var lease in new[] { a, b }) await EnsureAsync(lease, Shell);
        var (ofA, ofB) = (Assert.Single(await NumbersAsync(a)), await NumbersAsync(b));
        await fixture.Admin.Resource(ResourceKinds.Service).PatchAsync(
            "shell-tcp", b.Id.Namespace, new JsonPatchBuilder().Replace(ofA, "spec", "ports", "0", "port").Build());
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Workloads.ObserveAsync(b.Id, b.Terms, default)).AppliedSpecHash is null);
        await EnsureAsync(b, Shell);
        Assert.Equal(ofB, await NumbersAsync(b));
        Assert.Equal(b.Terms.SpecHash, (await fixture.Adapter.Workloads.ObserveAsync(b.Id, b.Terms, default)).AppliedSpecHash);

        await AllowAsync("""{"type":"LoadBalancer","range":"31000-31009","maxTotal":null}""");
        await EnsureAsync(a, Shell);
        Assert.Equal(new[] { 31000L }, await NumbersAsync(a));
    }

    private Task EnsureAsync(MatchedLease lease, WorkloadSpec workload) => fixture.Adapter.Workloads.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, workload), default);

    private async Task<long[]> NumbersAsync(MatchedLease lease) =>
        [.. (await fixture.Admin.Resource(ResourceKinds.Service).ListAsync(lease.Id.Namespace)).Items
            .Where(s => s.Label(Names.ExposedLabel) is not null).SelectMany(s => s.Items("spec", "ports")).Select(p => p.Number("port")).Distinct()];

    // As the cluster's provider does.
    private async Task BalanceAsync(MatchedLease lease)
    {
        var status = new JsonObject { ["status"] = JsonNode.Parse($$$"""{"loadBalancer":{"ingress":[{"ip":"{{{Address}}}"}]}}""") };
        foreach (var name in new[] { "shell-tcp", "shell-udp" })
            await fixture.Admin.Resource(ResourceKinds.Service).PatchAsync(name, lease.Id.Namespace, V1Patch.Merge((JsonObject)status.DeepClone()), new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).Endpoints.Count(e => e.IsExposed) == 2);
    }

    private async Task AllowAsync(string ports)
    {
        var datacenters = fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>());
        await datacenters.PatchAsync(AdapterFixture.Datacenter, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["ports"] = JsonNode.Parse(ports) } }));
        var entry = JsonNode.Parse(ports)!;
        var (range, total) = (PortRange.Parse((string)entry["range"]!), (int?)entry["maxTotal"]);
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Datacenter.ReadAsync(default))!.Spec.Ports is { IsLoadBalanced: true } seen && (seen.Range, seen.MaxTotal) == (range, total));
    }

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        made.Add(lease);
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        return lease;
    }
}
