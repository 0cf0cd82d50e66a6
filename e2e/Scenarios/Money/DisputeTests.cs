using System.Numerics;
using System.Text.Json;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Signing;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;
using Federation.Scenarios.MainJob;
using Dispute = Federation.Chain.Bindings.Dispute;

namespace Federation.Scenarios.Money;

/// <summary>A tenant contests what was claimed of a lease that runs. Whoever wins, the workload runs on and the operator settles on.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class DisputeTests(MainJobFixture fixture)
{
    private static readonly BigInteger MostBond = 1_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DisputeDesk TenantsDesk => new(fixture.Chain.Tenant.Writer, fixture.Chain.Contracts);

    private DisputeDesk ArbitersDesk => new(fixture.Chain.Deployer.Writer, fixture.Chain.Contracts);

    [Fact]
    public async Task ProviderClaimsFullLoadOfAnIdleLease_ArbiterIsWithTheTenant_GapAndSliceGoToThePayer()
    {
        var lease = await fixture.OpenAsync("overclaimed", Workloads.Web);
        await lease.WaitForNextSettlementAsync();
        var pods = await lease.ReadPodsAsync();
        // The tenant has its own copy of the evidence before it needs one.
        using var tenant = new TenantHome(fixture, (LocalSigner)fixture.Chain.Tenant.Signer);
        using var arbiter = Arbiter();
        var evidence = arbiter.Write("evidence", "");
        var root = JsonDocument.Parse(await tenant.SaysAsync("evidence", lease.Demo.Id.Hex, "--export", evidence, "-o", "json")).RootElement.GetProperty("root").GetString()!;
        // The provider's own program says the truth: its owner silences it and claims by hand.
        await fixture.WhileOperatorStandsStillAsync(() => ClaimAndLoseAsync(lease, root, number => FiguresAsync(arbiter, lease, number, holds: false, "--verify", evidence)));
        // What the tenant has won stays claimed: true usage is paid again when it is worth more than that, which an idle lease never is.
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        Assert.Equal(pods, await lease.ReadPodsAsync());
        var row = await EndAsync(lease);
        Assert.True(row.Paid <= row.Priced, $"paid {row.Paid} for {row.Priced}");
        Assert.True(row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"metered {row.MeteredCpuSeconds} s of {row.TruthCpuSeconds} s");
    }

    [Fact]
    [Follows("operator/docs/how-to/disputes.md", "Rule on it")]
    public async Task TenantContestsTrueReceipts_ArbiterIsWithTheProvider_TheBondPaysForTheWait()
    {
        var lease = await fixture.OpenAsync("contested", Workloads.Burner);
        using var arbiter = Arbiter();
        await lease.WaitForNextSettlementAsync();
        await RefuseTamperedAsync(arbiter, lease);
        var dispute = await ContestAllAsync(lease);
        var earned = await EarnedAsync();
        // It asks the datacenter itself, whose gateway knows it for the lease's arbiter.
        var just = await FiguresAsync(arbiter, lease, dispute.Number, holds: true, "--export", arbiter.Write("evidence.jsonl", ""));
        // Who has the file needs no datacenter.
        await arbiter.Reader([("--dispute 1 ", $"--dispute {dispute.Number} ")], [("LEASE", lease.Demo.Id.Hex)]).FollowAsync(Pages.Read("how-to", "disputes.md"), "Rule on it");
        Assert.Equal(dispute.State.Gap, just);
        await ArbitersDesk.RuleAsync(dispute.Number, lease.Demo.Terms, just, Cancellation);

        var (ruled, fee) = (await lease.ReadChainAsync(), lease.Demo.Terms.Parameters.ArbiterFee);
        Assert.Equal((BigInteger.Zero, BigInteger.Zero, BigInteger.Zero), (ruled.Disallowed, ruled.Frozen, ruled.Slashed));
        var forProvider = dispute.State.Gap - (dispute.State.Gap * lease.Demo.Terms.Parameters.FeeBps / 10_000) - 1;
        Assert.True(await EarnedAsync() >= earned + forProvider + dispute.State.Bond - fee, "the provider got less than the gap and the bond without the arbiter's fee");
        await lease.WaitForNextSettlementAsync();
        Sums.AssertPaidExactly(await EndAsync(lease), lease.WorkedAtClose);
    }

    [Fact]
    public async Task ArbiterIsSilent_AnybodyDraws_EachSideGetsHalf()
    {
        var lease = await fixture.OpenAsync("drawn", Workloads.Burner);
        var dispute = await ContestAllAsync(lease);
        var stranger = new DisputeDesk((await fixture.NewAccountAsync(0)).Writer, fixture.Chain.Contracts);
        var early = await Assert.ThrowsAsync<Chain.ContractCallException>(() => stranger.DrawAsync(dispute.Number, lease.Demo.Terms, Cancellation));
        Assert.Contains("RulingNotOver", early.Message, StringComparison.Ordinal);
        await Eventually.HoldsAsync("the arbiter's time is over", async () => await NowAsync() > dispute.State.RulingUntil ? null : "it is not");
        // Refunds of other stories' leases would be in it.
        await Eventually.HoldsAsync("no lease that is about to close", async () => (await Task.WhenAll(fixture.Leases.Select(l => l.ReadChainAsync()))).All(l => l.State != LeaseState.Closing) ? null : "there is one");
        var money = await BalanceAsync();
        await stranger.DrawAsync(dispute.Number, lease.Demo.Terms, Cancellation);

        var drawn = await lease.ReadChainAsync();
        var half = dispute.State.Gap - (dispute.State.Gap / 2);
        Assert.Equal((half, BigInteger.Zero, BigInteger.Zero), (drawn.Disallowed, drawn.Frozen, drawn.Slashed));
        Assert.Equal(money + dispute.State.Bond, await BalanceAsync());
        await lease.WaitForNextSettlementAsync();
        var row = await EndAsync(lease);
        // What was drawn for the tenant is not claimed again: the provider's loss is final.
        Assert.True(row.Paid <= row.Priced - half, $"paid {row.Paid} for {row.Priced} less {half}");
    }

    private TenantHome Arbiter() => new(fixture, (LocalSigner)fixture.Chain.Deployer.Signer);

    // What the arbiter rules by: how much of what is in dispute is the provider's.
    private async Task<BigInteger> FiguresAsync(TenantHome arbiter, TenantLease lease, BigInteger dispute, bool holds, params string[] how)
    {
        var ran = await arbiter.ComputeAsync(["evidence", lease.Demo.Id.Hex, "--dispute", $"{dispute}", .. how, "-o", "json"]);
        Assert.True(ran.ExitCode == (holds ? 0 : 11), $"{ran.ExitCode}: {ran.Output}{ran.Error}");
        var said = JsonDocument.Parse(ran.Output).RootElement;
        Assert.Equal(holds, said.GetProperty("holds").GetBoolean());
        Assert.StartsWith($"cast send {fixture.Chain.Contracts.Disputes} 'rule(", said.GetProperty("command").GetString(), StringComparison.Ordinal);
        return BigInteger.Parse(said.GetProperty("toProvider").GetString()!, null);
    }

    // Of evidence that somebody has changed on the way it is said what was changed, and it shows nothing.
    private static async Task RefuseTamperedAsync(TenantHome arbiter, TenantLease lease)
    {
        var file = arbiter.Write("tampered", "");
        var settlement = JsonDocument.Parse(await arbiter.SaysAsync("evidence", lease.Demo.Id.Hex, "--export", file, "-o", "json")).RootElement.GetProperty("settlement").GetInt64();
        string[] same = ["evidence", lease.Demo.Id.Hex, "--settlement", $"{settlement}", "--verify", file];
        Assert.Contains("It is what was claimed.", await arbiter.SaysAsync(same), StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(file, Cancellation);
        Assert.Contains("\"samples\":[1", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text.Replace("\"samples\":[1", "\"samples\":[2", StringComparison.Ordinal), Cancellation);
        var refused = await arbiter.ComputeAsync(same);
        Assert.Equal((11, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("its series are not those that it was closed with", refused.Error, StringComparison.Ordinal);
    }

    private async Task ClaimAndLoseAsync(TenantLease lease, string root, Func<BigInteger, Task<BigInteger>> judge)
    {
        // What the operator has sent before it stood still is mined first.
        var (operators, client) = (fixture.Chain.Operators[fixture.Site.Name], fixture.Chain.Tenant.Client);
        await Eventually.HoldsAsync("nothing of the operator's is in the pool", async () =>
            await client.GetTransactionCountAsync(operators, BlockParameter.Pending, Cancellation) == await client.GetTransactionCountAsync(operators, BlockParameter.Latest, Cancellation) ? null : "a transaction is");
        var (before, counter) = (await lease.ReadChainAsync(), await ReadUsageAsync(lease));
        // At the beginning of a bucket, which leaves nearly two of them to contest it in.
        await Eventually.HoldsAsync("a bucket begins", async () => await NowAsync() % lease.Demo.Terms.Parameters.MaturitySeconds == 0 ? null : "it has begun before");
        await ClaimFullLoadAsync(lease, before, root);
        var claimed = (await lease.ReadChainAsync()).Claimed - before.Claimed;
        Assert.True(claimed > 0, "nothing was claimed");

        var dispute = await TenantsDesk.OpenAsync(lease.Demo.Id, lease.Demo.Terms, counter, 0, default, MostBond, Funding.Allowance, Cancellation);
        var money = await BalanceAsync();
        Assert.Equal(claimed, (await TenantsDesk.ReadAsync(dispute, Cancellation)).Gap);
        // Its windows are true, and what was claimed is not what they show.
        var just = await judge(dispute);
        Assert.Equal(BigInteger.Zero, just);
        await ArbitersDesk.RuleAsync(dispute, lease.Demo.Terms, just, Cancellation);

        var ruled = await lease.ReadChainAsync();
        var slashed = BigInteger.Min(claimed, lease.Demo.Terms.Parameters.Slice);
        Assert.Equal((claimed, BigInteger.Zero, before.Escrow, slashed), (ruled.Disallowed, ruled.Frozen, ruled.Escrow, ruled.Slashed));
        // Half of the slash, and the bond.
        Assert.Equal(money + (slashed / 2) + (await TenantsDesk.ReadAsync(dispute, Cancellation)).Bond, await BalanceAsync());
    }

    // Says that nothing was used at all, while the operator goes on.
    private async Task<(BigInteger Number, Dispute State)> ContestAllAsync(TenantLease lease)
    {
        await lease.WaitForNextSettlementAsync();
        var number = await TenantsDesk.OpenAsync(lease.Demo.Id, lease.Demo.Terms, UsageVector.Zero, 0, default, MostBond, Funding.Allowance, Cancellation);
        var state = await TenantsDesk.ReadAsync(number, Cancellation);
        Assert.Equal(state.Gap, (await lease.ReadChainAsync()).Frozen);
        return (number, state);
    }

    private async Task ClaimFullLoadAsync(TenantLease lease, ChainLease before, string root)
    {
        var (now, resources) = (await NowAsync(), lease.Demo.Terms.Resources);
        var seconds = now - (ulong)before.ActivatedAt;
        var usage = UsageVector.Zero with { CpuMilliSeconds = resources.CpuMilli * seconds, MemoryMiBSeconds = resources.MemoryMiB * seconds };
        var receipt = new Receipt(lease.Demo.Id, before.Seq + 1, (long)now, usage, 0, root, IsFinal: false);
        await fixture.Chain.Providers[fixture.Site.Name].Writer.CallAsync(fixture.Chain.Contracts.LeaseManager, new SettleFunction
        {
            Terms = lease.Demo.Terms.ToContract(), Receipt = receipt.ToContract(), ProviderSignature = [], TenantSignature = [],
        }, Cancellation);
    }

    private async Task<Federation.Harness.Demo.LeaseRow> EndAsync(TenantLease lease)
    {
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        var row = await lease.ReadRowAsync();
        Assert.Equal(BigInteger.Zero, row.Held);
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        await Sums.AssertVaultAddsUpAsync(fixture);
        return row;
    }

    private async Task<UsageVector> ReadUsageAsync(TenantLease lease) =>
        (await fixture.Ledger.EventsAsync<LeaseSettledEventDTO>(lease.Demo.Id, Cancellation))[^1].Usage.ToDomain();

    private Task<BigInteger> BalanceAsync() => fixture.Ledger.VaultOfAsync(fixture.Chain.Tenant.Signer.Address, Cancellation);

    private Task<BigInteger> EarnedAsync() => fixture.Ledger.VaultOfAsync(fixture.Chain.Payouts[fixture.Site.Name], Cancellation);

    private async Task<ulong> NowAsync() => (await fixture.Chain.Tenant.Client.GetBlockAsync(BlockParameter.Latest, Cancellation))!.Timestamp;
}
