using System.Numerics;
using Federation.Chain.Accounts;
using Federation.Domain.Leases;
using Federation.Ethereum.Client;
using Federation.Scenarios.Harness;
using Federation.Scenarios.MainJob;

namespace Federation.Scenarios.Money;

/// <summary>One side does not come, or goes for good: the other is not held up and loses nothing.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class DeadlineTests(MainJobFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ProviderNeverActivates_AnybodyCloses_TheEscrowComesBackWithThePenalty_AndNothingRunsAfterwards()
    {
        var survivor = await fixture.SurvivorAsync();
        var pods = await survivor.ReadPodsAsync();
        var priced = await fixture.AskAsync("abandoned", Workloads.Burner);
        TenantLease lease = null!;
        await fixture.WhileOperatorStandsStillAsync(async () => lease = await AbandonAsync(priced));
        await fixture.Site.WaitUntilReadyAsync(Cancellation);
        await survivor.WaitForNextSettlementAsync();
        await lease.WaitForNamespaceGoneAsync();
        Assert.Equal(0, await lease.CountActivationsAsync());
        Assert.Equal(pods, await survivor.ReadPodsAsync());
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    [Fact]
    public async Task TenantVanishes_OneLeaseRunsUntilItsEscrowIsUsedUp_OneThatGotNoWorkloadUntilItsTerm()
    {
        var empty = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story("undelivered", Workloads.Web) with { DurationSeconds = 30 }));
        // Notice at full load takes an eighth of it.
        var working = await fixture.OpenAsync(FederationStage.Story("vanished", Workloads.Burner) with { Deposit = 130_000 });
        await working.ReadPodsAsync();
        await Eventually.HoldsAsync("both leases were active", async () => (await working.ReadChainAsync()).ActivatedAt > 0 && (await empty.ReadChainAsync()).ActivatedAt > 0 ? null : "not yet");
        // From here on nobody acts for the tenant.
        await Eventually.HoldsAsync("the notice", async () => (await working.ReadChainAsync()) is { State: LeaseState.Closing or LeaseState.Closed } ? null : "active");
        var worked = working.TruthSeconds;
        await working.WaitForCloseAsync();
        await empty.WaitForCloseAsync();

        var (paid, unused) = (await working.ReadRowAsync(), await empty.ReadRowAsync());
        Assert.Equal((nameof(CloseReason.Escrow), nameof(CloseReason.Term)), (paid.Outcome, unused.Outcome));
        Sums.AssertPaidExactly(paid, worked, mayBeTheEnd: true);
        Assert.Equal((BigInteger.Zero, unused.Deposited), (unused.Paid, unused.Refunded));
        await Task.WhenAll(working.WaitForNamespaceGoneAsync(), empty.WaitForNamespaceGoneAsync());
        // What was left waits for the tenant, however long it takes.
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    private async Task<TenantLease> AbandonAsync(PricedStory priced)
    {
        var lease = await fixture.MatchAsync(priced);
        var money = await BalanceAsync();
        var stranger = new TenantWallet((await fixture.NewAccountAsync(0)).Writer, fixture.Chain.Contracts);
        var early = await Assert.ThrowsAsync<Chain.ContractCallException>(() => stranger.CloseAsync(lease.Demo.Id, lease.Demo.Terms, Cancellation));
        Assert.Contains("NotParty", early.Message, StringComparison.Ordinal);
        await Eventually.HoldsAsync("the reservation is over", async () => await NowAsync() > lease.Demo.Terms.ActivateBy ? null : "it is not");
        await stranger.CloseAsync(lease.Demo.Id, lease.Demo.Terms, Cancellation);

        var closed = await lease.ReadChainAsync();
        Assert.Equal((LeaseState.Closed, CloseReason.NotActivated, BigInteger.Zero, true), (closed.State, closed.Reason, closed.Paid, closed.IsSliceFreed));
        Assert.Equal(money + priced.Story.Deposit + lease.Demo.Terms.Parameters.Penalty, await BalanceAsync());
        return lease;
    }

    private Task<BigInteger> BalanceAsync() => fixture.Ledger.VaultOfAsync(fixture.Chain.Tenant.Signer.Address, Cancellation);

    private async Task<long> NowAsync() => (long)(await fixture.Chain.Tenant.Client.GetBlockAsync(BlockParameter.Latest, Cancellation))!.Timestamp;
}
