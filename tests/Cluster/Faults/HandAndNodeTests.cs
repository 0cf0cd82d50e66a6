using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Proxies.Common;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Rows 11 to 13 and 26 of the fault matrix: lost nodes, namespaces that do not end, tampering, and upgrades in a burst.</summary>
[Collection("faults")]
public sealed class HandAndNodeTests(FaultServer fixture)
{
    [Fact]
    public async Task NodeLost_MeterStopsWithIt_ItsTenantIsCredited_AndTheWorkloadMoves()
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var id = world.Match();
        await world.UntilRunningAsync(id);
        await world.PassAsync(60);
        world.Controllers.Node = null;
        await world.Controllers.LoseAsync(world.Leases, "node-a");
        await world.PassAsync(60);
        var claimed = world.Chain.Find(id)!.Lease.Claimed;
        await world.PassAsync(180);
        Assert.Equal(claimed, world.Chain.Find(id)!.Lease.Claimed);
        Assert.Equal(LeaseState.Active, world.Chain.Find(id)!.Lease.State);
        Assert.Equal("Starting", await world.PhaseAsync(id));
        // Neither the node is an object any more nor the pod that it lost.
        Assert.Equal(1, (await DowntimeAsync(world, id))?.Number("down"));

        await world.Controllers.AddNodeAsync("node-b");
        world.Controllers.Node = "node-b";
        await world.UntilRunningAsync(id, 60);
        // Half of the full rate for as long as it ran nowhere; it uses less than that, so it is longer until there is something to claim again.
        await world.PassAsync(700);
        Assert.True(world.Chain.Find(id)!.Lease.Claimed > claimed);
        var ms = (await DowntimeAsync(world, id))!.Number("beforeMs");
        Assert.InRange(ms, 230_000, 270_000);
        world.TenantCloses(id);
        await world.UntilAsync(() => Task.FromResult(world.IsSettled(id) ? null : "it is not settled"), 600);
        world.CheckPaidInFull(id, (uint)(ms / 1000));
        await world.Controllers.AddNodeAsync("node-a");
        await world.Admin.Resource(ResourceKinds.Node).DeleteAsync("node-b");
    }

    [Fact]
    public async Task NodeThatDoesNotAnswer_IsCreditedToItsTenants_OverARestartToo()
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var id = world.Match();
        await world.UntilRunningAsync(id);
        await world.PassAsync(60);
        await world.Controllers.SayReadyAsync(world.Leases, "node-a", isReady: false);
        await world.UntilAsync(async () => (await DowntimeAsync(world, id))?.Number("down") == 1 ? null : "nothing is down", 60);
        await world.PassAsync(60);
        await world.RestartAsync();
        await world.PassAsync(30);
        await world.Controllers.SayReadyAsync(world.Leases, "node-a", isReady: true);
        await world.UntilAsync(async () => (await DowntimeAsync(world, id))!.Number("sinceMs") == 0 ? null : "something is down", 60);
        var ms = (await DowntimeAsync(world, id))!.Number("beforeMs");
        Assert.True(ms >= 90_000, $"{ms} ms");

        // What was claimed before is not taken back: the credit is out of what follows.
        await world.PassAsync(300);
        world.TenantCloses(id);
        await world.UntilAsync(() => Task.FromResult(world.IsSettled(id) ? null : "it is not settled"), 600);
        world.CheckPaidInFull(id, (uint)(ms / 1000));
        Assert.True(world.Chain.Find(id)!.Lease.Claimed < world.Earned(world.Chain.Find(id)!, id));
    }

    private static async Task<JsonNode?> DowntimeAsync(ServerWorld world, LeaseId id) =>
        (await world.Admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).GetAsync(id.Namespace, id.Namespace))?["status"]?["downtime"];

    [Fact]
    public async Task NamespaceOfAnEndedLease_Hangs_BillingHasStopped_AndItIsTriedForEver()
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        world.Controllers.NamespacesHang = true;
        var id = world.Match();
        await world.UntilRunningAsync(id);
        world.TenantCloses(id);
        await world.PassAsync(180);
        world.CheckPaidInFull(id);
        var paid = world.Chain.Find(id)!.Lease.Paid;
        await world.PassAsync(600);
        Assert.NotNull(await SpaceAsync(world, id));
        Assert.Equal(paid, world.Chain.Find(id)!.Lease.Paid);
        world.Controllers.NamespacesHang = false;
        await world.UntilAsync(async () => await SpaceAsync(world, id) is null ? null : "it is there", 30);
    }

    [Fact]
    public async Task NamespaceOfALiveLease_DeletedByHandAndHanging_IsNotBilled_AndIsMadeAgain()
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        world.Controllers.NamespacesHang = true;
        var id = world.Match();
        await world.UntilRunningAsync(id);
        await world.PassAsync(60);
        await world.DeleteNamespaceByHandAsync(id);
        await world.PassAsync(60);
        var claimed = world.Chain.Find(id)!.Lease.Claimed;
        await world.PassAsync(600);
        Assert.Equal(claimed, world.Chain.Find(id)!.Lease.Claimed);
        Assert.Equal(LeaseState.Active, world.Chain.Find(id)!.Lease.State);
        world.Controllers.NamespacesHang = false;
        await world.UntilRunningAsync(id, 120);
        world.TenantCloses(id);
        await world.PassAsync(180);
        // What it had used before was in the object that is gone, and is in the evidence of what was settled.
        world.CheckPaidInFull(id);
    }

    [Theory]
    [InlineData("NetworkPolicy")]
    [InlineData("ResourceQuota")]
    [InlineData("Deployment")]
    public async Task DeletedByHand_IsRestored_AndRecorded(string what)
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var id = world.Match();
        await world.UntilRunningAsync(id);
        Assert.DoesNotContain(await EventsAsync(world, id), e => e.StartsWith("Tampered", StringComparison.Ordinal));
        var (kind, name) = what switch
        {
            "NetworkPolicy" => (ResourceKinds.NetworkPolicy, Names.Isolation),
            "ResourceQuota" => (ResourceKinds.ResourceQuota, Names.Isolation),
            _ => (ResourceKinds.Deployment, "web"),
        };
        await world.Admin.Resource(kind).DeleteAsync(name, id.Namespace);
        await world.UntilAsync(async () => await world.Admin.Resource(kind).GetAsync(name, id.Namespace) is null ? $"no {what}" : null, 10);
        await world.UntilRunningAsync(id, 30);
        await world.UntilAsync(async () => (await EventsAsync(world, id)).Any(e => e.StartsWith($"Tampered: {what}/{name} was deleted", StringComparison.Ordinal)) ? null : "no Event", 30);
        await EndAsync(world, id);
        Assert.Single(await EventsAsync(world, id), e => e.StartsWith("Tampered", StringComparison.Ordinal));
    }

    // Kept as they are, they would select no pod of the lease, and any node for it.
    [Theory]
    [InlineData("NetworkPolicy", """{"spec":{"podSelector":{"matchLabels":{"x":"y"}}}}""")]
    [InlineData("Deployment", """{"spec":{"template":{"spec":{"tolerations":[{"operator":"Exists"}]}}}}""")]
    public async Task EditedByHand_IsSetBack(string what, string edit)
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var id = world.Match();
        await world.UntilRunningAsync(id);
        var (kind, name) = what == "Deployment" ? (ResourceKinds.Deployment, "web") : (ResourceKinds.NetworkPolicy, Names.Isolation);
        var before = (await world.Admin.Resource(kind).GetAsync(name, id.Namespace))!["spec"]!.ToJsonString();
        await world.Admin.Resource(kind).PatchAsync(name, id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse(edit)!));
        await world.UntilAsync(async () => (await world.Admin.Resource(kind).GetAsync(name, id.Namespace))!["spec"]!.ToJsonString() == before ? null : "it is as it was edited", 10);
        if (what == "NetworkPolicy") await world.UntilAsync(async () => (await EventsAsync(world, id)).Any(e => e.StartsWith("IsolationRestored: NetworkPolicy/", StringComparison.Ordinal)) ? null : "no Event", 30);
        await world.UntilRunningAsync(id, 30);
        await EndAsync(world, id);
    }

    // Another process takes over in the middle of a burst, three times; one of them goes back to where the first was.
    [Fact]
    public async Task UpgradedInABurst_RestartsNoTenant_AndStaysInTheBudget()
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var running = world.Match();
        await world.UntilRunningAsync(running);
        var before = (await DeploymentAsync(world, running), Assert.Single(world.Controllers.Pods[running]).Uid);
        var counting = new DyingAt(int.MaxValue, applied: true, ServerWorld.IsCounted, () => { });
        world.Proxy.Fault = counting;
        var burst = new List<LeaseId>();
        for (var round = 0; round < 3; round++)
        {
            burst.AddRange([world.Match(), world.Match()]);
            await world.PassAsync(10 + (5 * round));
            await world.RestartAsync(counting);
        }

        foreach (var id in burst) await world.UntilRunningAsync(id, 60);
        await world.PassAsync(30);
        Assert.Equal(before, (await DeploymentAsync(world, running), Assert.Single(world.Controllers.Pods[running]).Uid));
        foreach (var id in burst)
        {
            Assert.Equal(1, (await DeploymentAsync(world, id)).Generation);
            Assert.Single(world.Usage.PodsOf(id));
        }

        // Twelve of a lease, and what its metering writes meanwhile: no restart wrote anything twice.
        Assert.InRange(counting.Counted, 6 * 8, 6 * 16);
        await EndAsync(world, [running, .. burst]);
    }

    private static Task<JsonObject?> SpaceAsync(ServerWorld world, LeaseId id) => world.Admin.Resource(ResourceKinds.Namespace).GetAsync(id.Namespace);

    private static async Task<(string? Uid, long Generation)> DeploymentAsync(ServerWorld world, LeaseId id)
    {
        var deployment = await world.Admin.Resource(ResourceKinds.Deployment).GetAsync("web", id.Namespace);
        return (deployment.Text("metadata", "uid"), deployment.Number("metadata", "generation"));
    }

    private static async Task<string[]> EventsAsync(ServerWorld world, LeaseId id) =>
        [.. (await world.Admin.Resource(ResourceKinds.Event).ListAsync(id.Namespace)).Items.Select(e => $"{e.Text("reason")}: {e.Text("message")}")];

    private static async Task EndAsync(ServerWorld world, params IReadOnlyList<LeaseId> leases)
    {
        foreach (var id in leases) world.TenantCloses(id);
        await world.PassAsync(180);
        foreach (var id in leases) world.CheckPaidInFull(id);
    }
}
