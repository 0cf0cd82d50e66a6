using Federation.Domain.Leases;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>What the operator leans on goes away while a lease runs: the workload goes on, nothing is closed, and all converges afterwards.</summary>
[Collection(MainJobCollection.Name)]
public sealed class OutageTests(MainJobFixture fixture)
{
    private static readonly TimeSpan ChainOutage = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task ChainStopped_OperatorSaysSo_WorkloadGoesOn_AndIsSettledAfterwards()
    {
        var lease = await fixture.SurvivorAsync();
        var pods = await lease.ReadPodsAsync();
        await fixture.Faults.StopAsync("anvil");
        var started = TimeProvider.System.GetTimestamp();
        using var http = new HttpClient { BaseAddress = new Uri(fixture.Site.Endpoint), Timeout = TimeSpan.FromSeconds(5) };
        await Eventually.HoldsAsync("readiness names the chain", async () =>
        {
            using var answer = await http.GetAsync("readyz");
            return answer.IsSuccessStatusCode ? "it still says that it is ready" : null;
        }, (int)ChainOutage.TotalSeconds);
        await Task.Delay(ChainOutage - TimeProvider.System.GetElapsedTime(started), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(pods, await lease.ReadPodsAsync());
        await fixture.Faults.StartAsync("anvil");
        await Eventually.HoldsAsync("the chain", async () => (await lease.ReadChainAsync()).State == LeaseState.Active ? null : "not active");
        await AssertGoesOnAsync(lease, pods);
    }

    private static async Task AssertGoesOnAsync(TenantLease lease, string[] pods)
    {
        await lease.WaitForNextSettlementAsync();
        Assert.Equal(LeaseState.Active, (await lease.ReadChainAsync()).State);
        Assert.Equal(pods, await lease.ReadPodsAsync());
        var row = await lease.ReadRowAsync();
        Assert.True(row.Paid <= row.Priced && row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"{row}");
    }
}
