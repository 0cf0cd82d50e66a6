using System.Numerics;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A running lease gets another program, then twice the CPU at another price; and does not get more than there is.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class ResizeTests(MainJobFixture fixture)
{
    // Two services: what the amendments do not change is to run on.
    private static string WorkloadOf(int burn, int cpuMilli) => $$"""
        {"services":[
          {"name":"work","image":"localhost/federation/burn:1","args":["3600","{{burn}}"],"resources":{"cpu":"{{cpuMilli}}m","memory":"64Mi"} },
          {"name":"calm","image":"localhost/federation/web:1","resources":{"cpu":"50m","memory":"32Mi"} }]}
        """;

    private static DemoStory Sized(int burn, int cpuMilli) => FederationStage.Story("resized", WorkloadOf(burn, cpuMilli)) with
    {
        CpuMilli = (uint)cpuMilli + 50, MemoryMiB = 96, VolumesMiB = DemoStory.StorageMiB, Deposit = 50_000_000,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunningLease_IsUpdatedLive_Resized_AndPricedByItsNewTerms()
    {
        var lease = await fixture.OpenAsync(Sized(1000, 100));
        var (calm, work) = (await PodOf(lease, "calm"), await PodOf(lease, "work"));

        await lease.AmendSpecAsync(WorkloadOf(2000, 100));
        await lease.WaitForConditionAsync("Verified", "False", ["SpecHashDiffers"], lease.Demo.Terms.SpecHash);
        Assert.Equal(work, await PodOf(lease, "work"));
        await lease.DeliverAsync();
        work = await WaitForNextAsync(lease, work);
        Assert.Equal("2000", await fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-l", "compute.federation/item=work", "-o", "jsonpath={.items[0].spec.containers[0].args[1]}"));

        // More than the machine has: said, and nothing is kept from anybody.
        var (reason, message) = await lease.RefusedAsync(Sized(2000, (Environment.ProcessorCount + 1) * 1000));
        Assert.Equal("ExceedsDatacenter", reason);
        Assert.Contains("cores", message, StringComparison.Ordinal);
        Assert.DoesNotContain(lease.Demo.Id.Hex, await HoldsAsync(), StringComparison.Ordinal);

        await fixture.Admin.RunAsync("patch", "datacenter", fixture.Site.Name, "--type=merge", "-p", """{"spec":{"prices":{"cpu":"30000000000"}}}""");
        try
        {
            await Eventually.HoldsAsync("the new price book", async () => (await fixture.Site.Gateway.ReadInfoAsync(Cancellation)).Prices.Cpu == 30_000_000_000 ? null : "it is the old one");
            await ResizeAsync(lease, work);
        }
        finally
        {
            await fixture.Admin.RunAsync("patch", "datacenter", fixture.Site.Name, "--type=merge", "-p", """{"spec":{"prices":{"cpu":"10000000000"}}}""");
        }

        Assert.Equal(calm, await PodOf(lease, "calm"));
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    private async Task ResizeAsync(TenantLease lease, string work)
    {
        await lease.AmendAsync(Sized(2000, 200));
        Assert.Equal((250u, (BigInteger)30_000_000_000), (lease.Demo.Terms.Resources.CpuMilli, lease.Demo.Terms.Prices.Cpu));
        await lease.DeliverAsync();
        await Eventually.HoldsAsync("the larger quota", async () => await QuotaAsync(lease) is "250m" ? null : "it is as before");
        await WaitForNextAsync(lease, work);
        Assert.Equal("200m", await fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-l", "compute.federation/item=work", "-o", "jsonpath={.items[0].spec.containers[0].resources.limits.cpu}"));
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        await Eventually.HoldsAsync("no hold for what is the lease's", async () => (await HoldsAsync()).Contains(lease.Demo.Id.Hex, StringComparison.Ordinal) ? "it is there" : null);

        // Receipts after the amendment cost what the new price book says of what was used since; to the unit.
        Assert.Equal(2, (await fixture.Ledger.EventsAsync<LeaseAmendedEventDTO>(lease.Demo.Id, Cancellation)).Count);
        await lease.WaitForNextSettlementAsync();
        await lease.WaitForNextSettlementAsync();
        var settled = await fixture.Ledger.EventsAsync<LeaseSettledEventDTO>(lease.Demo.Id, Cancellation);
        var (from, until) = (settled.Single(s => s.Countersigned), settled[^1]);
        BigInteger Cost(LeaseSettledEventDTO at) => Accrual.Price(lease.Demo.Terms.Prices, at.Usage.ToDomain());
        Assert.True(until.Usage.CpuMilliSeconds > from.Usage.CpuMilliSeconds);
        Assert.Equal(Cost(until) - Cost(from), until.Due - from.Due);
    }

    /// <summary>Waits until the service has another pod than this, and that one runs.</summary>
    private async Task<string> WaitForNextAsync(TenantLease lease, string before)
    {
        // The quota has room for one: the new pod waits for the end of the old one, and Kubernetes tries again ever more rarely.
        var next = await Eventually.GetAsync("another pod", async () => await PodOf(lease, "work") is { Length: > 0 } pod && pod != before && !pod.Contains(' ', StringComparison.Ordinal) ? pod : null, 400);
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        await lease.ReadPodsAsync();
        return next;
    }

    private Task<string> PodOf(TenantLease lease, string item) =>
        fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-l", $"compute.federation/item={item}", "-o", "jsonpath={.items[*].metadata.uid}");

    private Task<string> QuotaAsync(TenantLease lease) => fixture.Admin.RunAsync("get", "resourcequota", "-n", lease.Namespace, "-o", "jsonpath={.items[0].spec.hard.limits\\.cpu}");

    private Task<string> HoldsAsync() => fixture.Admin.RunAsync("get", "configmap", "federation-holds", "-n", "federation-system", "-o", "jsonpath={.data.holds}");
}
