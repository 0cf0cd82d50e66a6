using System.Globalization;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// The node of a lease loses its power, and comes back: Kubernetes' own controller finds out after its usual 40 s, the kernel's counts are gone
/// with the node, and the pod is the same one afterwards, with another container and counters that begin anew.
/// </summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class NodeLostTests(MainJobFixture fixture)
{
    private const uint MemoryMiB = 32;

    // Of a tenth of a core: what was used after the last sample before the end, and before the second one afterwards, is nobody's to know.
    private const double Unseen = 0.1 * 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodeLost_TheMeterStopsWithIt_ItIsCredited_AndTheLeaseGoesOnWithTheNode()
    {
        var lease = await fixture.OpenAsync(FederationStage.Story("stranded", Workloads.Service(memory: $"\"{MemoryMiB}Mi\"", more: """, "args":["3600","1000"]""")) with { MemoryMiB = MemoryMiB });
        await lease.WaitForNextSettlementAsync();
        var pods = await lease.ReadPodsAsync();
        await fixture.Faults.LoseNodeAsync(fixture.Datacenter, Cancellation);
        var (lost, worked, back) = (TimeProvider.System.GetTimestamp(), lease.TruthSeconds, TimeSpan.Zero);
        try
        {
            await SaidAsync(lease);
            Assert.Equal(worked, lease.TruthSeconds);
            Assert.True((await lease.ReadRowAsync()).MeteredCpuSeconds <= worked);
            Assert.Equal(LeaseState.Active, (await lease.ReadChainAsync()).State);
            Assert.Equal(pods, await lease.ReadPodsAsync());
        }
        finally
        {
            back = TimeProvider.System.GetElapsedTime(lost);
            await fixture.Faults.ReturnNodeAsync(fixture.Datacenter, CancellationToken.None);
        }

        await lease.WaitForPhaseAsync(LeasePhase.Running);
        await WaitForWorkloadsAsync("True Up");
        Assert.Equal(pods, await lease.ReadPodsAsync());
        var (_, down) = await DowntimeAsync(lease);
        Assert.InRange(down, 1, (long)TimeProvider.System.GetElapsedTime(lost).TotalMilliseconds);
        await EndsPaidAsync(lease, worked, down, back);
    }

    // The node's kubelet says nothing any more, so all of this is found out by who else there is.
    private async Task SaidAsync(TenantLease lease)
    {
        await lease.WaitForConditionAsync("Ready", "False", ["NodeDown"], fixture.Datacenter.NodeName);
        Assert.Equal("Unknown", await fixture.Admin.RunAsync("get", "node", fixture.Datacenter.NodeName, "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}"));
        await Eventually.HoldsAsync("downtime is counted", async () => await DowntimeAsync(lease) is var now && now.Replicas == 1 ? null : $"{now}");
        await WaitForWorkloadsAsync("False ReplicasDown");
        // What cannot run there is not sold, and whoever asks hears why.
        var refused = (await fixture.AskAsync(fixture.Site, FederationStage.Story("elsewhere", Workloads.Burner))).Quote;
        Assert.Equal((null, PlacementReasons.NodesBlocked), (refused.Offer, refused.Reason));
        Assert.Contains($"{fixture.Datacenter.NodeName} (", refused.Message, StringComparison.Ordinal);
    }

    private async Task EndsPaidAsync(TenantLease lease, double worked, long downMs, TimeSpan away)
    {
        var perSecond = (double)(Workloads.CpuMilli + MemoryMiB) / Workloads.CpuMilli;
        // What is claimed stays claimed: the credit is out of what follows, so that much has to follow.
        await Eventually.HoldsAsync("as much is worked as was credited", () => Task.FromResult(lease.TruthSeconds - worked is var since && since >= 0.1 * perSecond * downMs / 1000 ? null : $"{since} s since"));
        await Eventually.HoldsAsync("the new container is metered", async () => (await lease.ReadRowAsync()).MeteredCpuSeconds is var metered && metered > worked ? null : $"{metered} s, and {worked} s were before it");
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        var (row, settled, chain) = (await lease.ReadRowAsync(), await lease.LastSettledAsync(), await lease.ReadChainAsync());
        Sums.AssertPaidExactly(row, 0.9 * lease.WorkedAtClose);
        Assert.True(row.MeteredCpuSeconds >= lease.WorkedAtClose - Unseen, $"metered {row.MeteredCpuSeconds} s of {lease.WorkedAtClose} s");
        Assert.Equal(downMs / 1000, settled.DownSeconds);
        // Scratch space, which the API server's word bills, stood still with the node, too, and not only since it was said to be lost: from its last
        // word before, which is up to ten seconds older, until it had booted and started the pod.
        var held = (chain.EndsAt - chain.ActivatedAt - away.TotalSeconds) * DemoStory.StorageMiB;
        Assert.InRange(settled.Usage.StorageMiBSeconds, 0.5 * held, held);
        await Sums.AssertEvidenceAsync(lease);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"away {away.TotalSeconds:0.0} s, down {downMs / 1000.0:0.0} s; CPU metered {row.MeteredCpuSeconds:0.000} s of {row.TruthCpuSeconds:0.000} s; storage {settled.Usage.StorageMiBSeconds} of {held:0} MiB-s"));
    }

    private Task WaitForWorkloadsAsync(string said) => Eventually.HoldsAsync($"the Datacenter's workloads: {said}", async () =>
        (await fixture.Admin.RunAsync("get", "datacenters", "-o", "jsonpath={range .items[*].status.conditions[?(@.type==\"WorkloadsUp\")]}{.status} {.reason}{end}")) is var now && now == said ? null : now);

    private static async Task<(int Replicas, long BeforeMs)> DowntimeAsync(TenantLease lease) =>
        (await lease.ReadAsync())!.Value.GetProperty("status").TryGetProperty("downtime", out var downtime) ? (downtime.GetProperty("down").GetInt32(), downtime.GetProperty("beforeMs").GetInt64()) : (0, 0);
}
