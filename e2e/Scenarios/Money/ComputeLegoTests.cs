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
    public async Task JobThatSaysNothing_OneThatFails_AndOneOfThreeShards_AreOverAndSettled_WithWhatIsKnownOfThem()
    {
        var silent = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story("silent", Workloads.Job(BusyboxImages.Burn, "2", "100"))));
        var broken = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story("broken", Workloads.Job(BusyboxImages.Burn, "no-number"))));
        var shards = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story("shards", Workloads.Shards(3)) with { CpuMilli = 3 * Workloads.CpuMilli, MemoryMiB = 3 * Workloads.MemoryMiB }));
        await Task.WhenAll(silent.DeliverAsync(), broken.DeliverAsync(), shards.DeliverAsync());
        await silent.WaitForPhaseAsync(LeasePhase.Completed);
        Assert.Equal((Keccak256.Hash("").ToString(), 0L), await silent.WaitForResultAsync());
        // It tells that its argument is no number, on standard error, and ends with 2.
        Assert.Equal((Keccak256.Hash("").ToString(), 2L), await broken.WaitForResultAsync());
        var used = await AssertEachShardSpokeForItselfAsync(shards);
        foreach (var lease in new[] { silent, broken, shards }) await lease.CloseAsync();
        await Task.WhenAll(silent.WaitForCloseAsync(), broken.WaitForCloseAsync(), shards.WaitForCloseAsync());
        // One receipt for all of them: of pods that live for five seconds the last one is not seen, but none is left out.
        var row = await shards.ReadRowAsync();
        Assert.Equal((BigInteger.Zero, row.Deposited, row.Owed), (row.Held, row.Paid + row.Refunded, row.Paid));
        Assert.InRange(row.MeteredCpuSeconds, used.Sum() - (0.7 * used.Min()), used.Sum());
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    // Its own name is what each pod leaves; the digest is made of theirs as who only has the status would make it.
    private static async Task<double[]> AssertEachShardSpokeForItselfAsync(TenantLease lease)
    {
        var (digest, status) = await lease.WaitForResultAsync();
        var pods = (await lease.ReadPodNamesAsync()).ToDictionary(p => p.Key, p => Posting.Sha256Of(p.Value));
        Assert.Equal((3, 0L), (pods.Count, status));
        var told = (await lease.ReadAsync())!.Value.GetProperty("status").GetProperty("results").GetProperty("jobs")[0].GetProperty("shards").EnumerateArray()
            .ToDictionary(s => s.GetProperty("podUid").GetString()!, s => s.GetProperty("text").GetString()!);
        Assert.Equal(pods.OrderBy(p => p.Key), told.OrderBy(p => p.Key));
        var hashes = pods.Values.Select(text => Keccak256.Hash(text).ToString()[2..]).Order(StringComparer.Ordinal);
        Assert.Equal(Keccak256.Hash(Convert.FromHexString(string.Concat(hashes))).ToString(), digest);
        return [.. pods.Keys.Select(lease.TruthOf)];
    }

    // An hour's work with a deadline of a minute: Kubernetes ends it, the lease says so, and what ran until then is paid.
    [Fact]
    [Trait("Target", "stories")]
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
