using Federation.Domain.Leases;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Two replicas of one operator: whichever leads, tenants and chain see one.</summary>
[Collection(MainJobCollection.Name)]
public sealed class HighAvailabilityTests(MainJobFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RollingUpgradeAndRollback_NoTenantRestarts_AHeldOfferIsHonouredByTheNextReplica()
    {
        var running = await fixture.OpenAsync("rolled", Workloads.Burner);
        var pods = await running.ReadPodsAsync();
        await WithReplicaAsync(async () =>
        {
            // A rollout ends the old one when the new one is ready, though it does not lead.
            await ReplicaIsReadyAsync();
            var promised = await fixture.AskAsync("promised", Workloads.Burner);
            await fixture.Faults.StopAsync(fixture.Site.OperatorPart);
            await ReplicaLeadsAsync();
            var kept = await fixture.MatchAsync(promised);
            await kept.DeliverAsync();
            await kept.WaitForPhaseAsync(LeasePhase.Running);
            await running.WaitForNextSettlementAsync();

            await fixture.Faults.StartAsync(fixture.Site.OperatorPart);
            await fixture.Faults.StopAsync(fixture.Site.ReplicaPart);
            await fixture.Site.WaitUntilReadyAsync(Cancellation);
            await running.WaitForNextSettlementAsync();
            Assert.Equal(pods, await running.ReadPodsAsync());
            await EndAsync(kept, running);
        });
    }

    [Fact]
    public async Task LeaderFrozenAndWoken_LeasesGoOnUnderTheOther_EachActivatedOnceAndPaidExactly()
    {
        var before = await fixture.OpenAsync("frozen", Workloads.Burner);
        var pods = await before.ReadPodsAsync();
        await WithReplicaAsync(async () =>
        {
            await ReplicaIsReadyAsync();
            var promised = await fixture.AskAsync("during", Workloads.Burner);
            fixture.Faults.Freeze(fixture.Site.OperatorPart);
            var during = await fixture.MatchAsync(promised);
            await ReplicaLeadsAsync();
            await during.DeliverAsync();
            await during.WaitForPhaseAsync(LeasePhase.Running);

            // Woken, it still has in mind what it led when it was stopped; the term is over, so nothing of it counts.
            fixture.Faults.Thaw(fixture.Site.OperatorPart);
            await Task.WhenAll(before.WaitForNextSettlementAsync(), during.WaitForNextSettlementAsync());
            await fixture.Faults.KillAsync(fixture.Site.ReplicaPart);
            await fixture.Site.WaitUntilReadyAsync(Cancellation);
            await Task.WhenAll(before.WaitForNextSettlementAsync(), during.WaitForNextSettlementAsync());
            Assert.Equal(pods, await before.ReadPodsAsync());
            await EndAsync(before, during);
        });
    }

    private Task ReplicaIsReadyAsync() => Eventually.HoldsAsync("the replica is ready while the other one leads", async () =>
    {
        using var http = fixture.Site.NewClient();
        using var ready = await http.GetAsync(new Uri($"{fixture.Site.ReplicaEndpoint}/readyz"), Cancellation);
        using var leading = await http.GetAsync(new Uri($"{fixture.Site.ReplicaEndpoint}/leading"), Cancellation);
        return ready.IsSuccessStatusCode && !leading.IsSuccessStatusCode ? null : await ready.Content.ReadAsStringAsync(Cancellation);
    });

    private Task ReplicaLeadsAsync() => fixture.Site.WaitUntilReadyAsync(fixture.Site.ReplicaPart, fixture.Site.ReplicaEndpoint, Cancellation);

    private static async Task EndAsync(params TenantLease[] leases)
    {
        await Task.WhenAll(leases.Select(l => l.CloseAsync()));
        foreach (var lease in leases)
        {
            await lease.WaitForCloseAsync();
            Assert.Equal(1, await lease.CountActivationsAsync());
            Sums.AssertPaidExactly(await lease.ReadRowAsync(), lease.WorkedAtClose);
        }
    }

    // The other stories have one operator, whatever came of this one.
    private async Task WithReplicaAsync(Func<Task> story)
    {
        fixture.StartReplica();
        try
        {
            await story();
        }
        finally
        {
            await fixture.EndReplicaAsync();
        }
    }
}
