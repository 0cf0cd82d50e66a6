using System.Numerics;
using Federation.Chain.Accounts;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Harness.Images;
using Federation.Scenarios.Harness;
using Federation.Scenarios.MainJob;

namespace Federation.Scenarios.Money;

/// <summary>Apps that earn, and contracts that rent.</summary>
[Collection(MainJobCollection.Name)]
public sealed class ComputeLegoTests(MainJobFixture fixture)
{
    private static readonly BigInteger Tokens = 20_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AppIsUsed_ItsAuthorTakesTheRoyaltyHome()
    {
        var author = new TenantWallet(fixture.Chain.Author.Writer, fixture.Chain.Contracts);
        var before = await author.ReadBalancesAsync(fixture.Chain.Token, null, Cancellation);
        var lease = await fixture.OpenAsync(FederationStage.Story("app", Workloads.Burner) with { RunsApp = true });
        await lease.WaitForNextSettlementAsync();
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        var row = await lease.ReadRowAsync();
        Sums.AssertPaidExactly(row, lease.WorkedAtClose);

        var royalty = row.Paid * lease.Demo.Terms.RoyaltyBps / 10_000;
        Assert.True(royalty > 0, $"{row.Paid} were paid and the app's share is nothing");
        await author.WithdrawAsync(fixture.Chain.Token, royalty, Cancellation);
        var after = await author.ReadBalancesAsync(fixture.Chain.Token, null, Cancellation);
        Assert.Equal((before.Token + royalty, before.Vault), (after.Token, after.Vault));
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    [Fact]
    public async Task ContractRentsByTheOpenPath_ItsJobRuns_AndTheOperatorHasItCalledWithTheResult()
    {
        var client = await fixture.DeployClientAsync(Tokens);
        var hands = fixture.HandsOf(client);
        var story = FederationStage.Story("contract", Workloads.Job(BusyboxImages.Digest, "compute", "lego"));
        var request = (await hands.RequestAsync(story, Cancellation)).ForPosting() with { Tenant = client.Address.ToString(), Callback = true, Counter = 0 };
        var hash = await client.PostAsync(request, Posting.BidSeconds, Cancellation);
        var lease = Assert.Single(await fixture.AwardedAsync(hands, story, request, hash));
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Completed);

        // sha256("compute lego"), by another program.
        var outcome = await lease.ReadOutcomeAsync();
        Assert.Equal(Posting.Sha256Of("compute lego"), outcome);
        // Nobody posts it but the operator, and it says in which transaction.
        var said = await lease.WaitForConditionAsync("Posted", "True", ["Delivered"], Keccak256.Hash(outcome).ToString());
        Assert.Contains(", transaction 0x", said, StringComparison.Ordinal);
        Assert.Equal((lease.Id, Keccak256.Hash(outcome), BigInteger.Zero, BigInteger.One), await client.ReadResultAsync(Cancellation));
        var desk = new ResultDesk(fixture.Chain.Author.Writer, fixture.Chain.Contracts);
        Assert.True((await desk.ReadAsync(lease.Id, Cancellation)).Delivered);

        await client.CloseAsync(lease.Demo.Id, lease.Demo.Terms, Cancellation);
        await lease.WaitForCloseAsync();
        var row = await lease.ReadRowAsync();
        Assert.Equal((BigInteger.Zero, Tokens - request.Deposit + row.Refunded), (row.Held, await TokensOfAsync(client, row.Refunded)));
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        Assert.True(row.Paid > 0 && row.Paid <= row.Priced, $"paid {row.Paid} for {row.Priced}");
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    [Fact]
    public async Task JobThatSaysNothing_AndOneThatFails_AreOverAndSettled_WithWhatIsKnownOfThem()
    {
        var silent = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story("silent", Workloads.Job(BusyboxImages.Burn, "2", "100"))));
        var broken = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story("broken", Workloads.Job(BusyboxImages.Burn, "no-number"))));
        await Task.WhenAll(silent.DeliverAsync(), broken.DeliverAsync());
        await silent.WaitForPhaseAsync(LeasePhase.Completed);
        Assert.Equal((Keccak256.Hash("").ToString(), 0L), await silent.WaitForResultAsync());
        // It tells that its argument is no number, on standard error, and ends with 2.
        Assert.Equal((Keccak256.Hash("").ToString(), 2L), await broken.WaitForResultAsync());
        await silent.CloseAsync();
        await broken.CloseAsync();
        await Task.WhenAll(silent.WaitForCloseAsync(), broken.WaitForCloseAsync());
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    // An hour's work with a deadline of a minute: Kubernetes ends it, the lease says so, and what ran until then is paid.
    [Fact]
    public async Task JobWithADeadline_IsEndedByIt_SaysSo_AndWhatItRanIsPaid()
    {
        var late = await fixture.OpenAsync(FederationStage.Story("late", Workloads.JobUntil(60, BusyboxImages.Burn, "3600", "1000")));
        await late.ReadPodsAsync();
        Assert.StartsWith("Job work has given up: DeadlineExceeded", await late.WaitForConditionAsync("Ready", "False", ["JobFailed"], seconds: 150), StringComparison.Ordinal);
        await Eventually.HoldsAsync("no pod of the job", async () => await late.ReadPodsAsync() is { Length: > 0 } there ? $"{string.Join(", ", there)} is there" : null);
        await late.CloseAsync();
        await late.WaitForCloseAsync();

        // A tenth of a core for a minute, and not for an hour.
        var row = await late.ReadRowAsync();
        Assert.InRange(row.TruthCpuSeconds, 0.5, 12);
        Assert.True(row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"metered {row.MeteredCpuSeconds} s, the kernel counted {row.TruthCpuSeconds} s");
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        Assert.True(row.Paid > 0 && row.Paid <= row.Priced, $"paid {row.Paid} for {row.Priced}");
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    // A refund is the contract's like anybody's: it takes it out itself.
    private async Task<BigInteger> TokensOfAsync(ContractTenant client, BigInteger refund)
    {
        await client.WithdrawAsync(refund, Cancellation);
        return (await fixture.Chain.Wallet.ReadBalancesAsync(fixture.Chain.Token, client.Address, Cancellation)).Token;
    }
}
