using Federation.Domain.Leases;

namespace Federation.Scenarios.MainJob;

/// <summary>kill -9 of the operator at every stage of a lease: the next one goes on where the chain and the cluster are.</summary>
[Collection(MainJobCollection.Name)]
public sealed class OperatorKilledTests(MainJobFixture fixture)
{
    [Fact]
    public async Task KilledAtEveryStage_EachLeaseIsActivatedOnce_RunsOn_AndIsPaidExactly()
    {
        var halfway = await fixture.MatchAsync(await fixture.AskAsync("halfway", Workloads.Burner));
        await halfway.WaitForNamespaceAsync();
        var unseen = await fixture.AskAsync("unseen", Workloads.Burner);
        // Frozen, it misses this match for certain; then it is killed without having thought of it.
        fixture.Faults.Freeze(fixture.Site.OperatorPart);
        TenantLease[] leases = [halfway, await fixture.MatchAsync(unseen)];
        Assert.Equal(LeaseState.Reserved, (await leases[1].ReadChainAsync()).State);
        await KillAndStartAsync();
        await Task.WhenAll(leases.Select(RunAsync));

        var pods = await ReadPodsAsync(leases);
        await KillAndStartAsync();
        await Task.WhenAll(leases.Select(l => l.WaitForNextSettlementAsync()));
        Assert.Equal(pods, await ReadPodsAsync(leases));

        await Task.WhenAll(leases.Select(l => l.CloseAsync()));
        foreach (var lease in leases) Assert.NotEqual(LeaseState.Active, (await lease.ReadChainAsync()).State);
        await KillAndStartAsync();
        await Task.WhenAll(leases.Select(EndAsync));
        // Three kills later what was measured is proved, by nothing but what the tenant is handed and what is on chain.
        foreach (var lease in leases) await Sums.AssertEvidenceAsync(lease);
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    private static async Task RunAsync(TenantLease lease)
    {
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        Assert.Equal(1, await lease.CountActivationsAsync());
    }

    private static async Task EndAsync(TenantLease lease)
    {
        await lease.WaitForCloseAsync();
        Assert.Equal(1, await lease.CountActivationsAsync());
        Sums.AssertPaidExactly(await lease.ReadRowAsync(), lease.WorkedAtClose);
    }

    private static async Task<string[]> ReadPodsAsync(TenantLease[] leases)
    {
        var pods = new List<string>();
        foreach (var lease in leases) pods.Add(Assert.Single(await lease.ReadPodsAsync()));
        return [.. pods];
    }

    private async Task KillAndStartAsync()
    {
        await fixture.Faults.KillAsync(fixture.Site.OperatorPart);
        await fixture.StartOperatorAgainAsync();
    }
}
