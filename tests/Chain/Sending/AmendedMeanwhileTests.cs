using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum.Client;

namespace Federation.Chain.Tests.Sending;

/// <summary>
/// A tenant puts another workload into its lease as often as the contract lets it: once a minute. Where blocks take that long to be confirmed, the terms of what the operator
/// wants are never those of now, and it could neither settle nor close.
/// </summary>
public sealed class AmendedMeanwhileTests
{
    [Fact]
    public async Task LeaseThatIsAmendedEachMinute_IsSettledAndClosed_WithTermsThatAreOldEachTime()
    {
        await using var market = await Market.OpenAsync();
        var (transactions, lease, other) = (market.Transactions(), await market.MatchAsync(), await market.MatchAsync());
        Assert.All(await transactions.SubmitAllAsync(new ActivateIntent(lease.Id, lease.Terms), new ActivateIntent(other.Id, other.Terms)), o => Assert.Null(o.Error));
        var confirmed = lease.Terms;
        var now = confirmed;
        for (var seq = 1u; seq <= 3; seq++)
        {
            await market.Anvil.PassAsync(61);
            now = await market.Tenant.AmendSpecAsync(lease.Id, now, Spec(seq), default);
            var settled = await transactions.SubmitAsync([await ReceiptAsync(market, lease.Id, confirmed, seq), await ReceiptAsync(market, other.Id, other.Terms, seq)], default);
            Assert.All(settled, o => Assert.Null(o.Error));
            // Both in one: what was amended keeps nobody waiting.
            Assert.Single(settled.Select(o => o.TransactionHash).Distinct());
            Assert.Equal(seq, (await market.Tenant.ReadLeaseAsync(lease.Id, now, default)).Seq);
            confirmed = now;
        }

        await market.Anvil.PassAsync((int)lease.Terms.DurationSeconds);
        now = await market.Tenant.AmendSpecAsync(lease.Id, now, Spec(9), default);
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new CloseIntent(lease.Id, confirmed, CloseReason.Term)], default)).Error);
        var closing = await market.Tenant.ReadLeaseAsync(lease.Id, now, default);
        Assert.Equal((LeaseState.Closing, CloseReason.Term), (closing.State, closing.Reason));
    }

    // They are looked for in the lease's amendments alone.
    [Fact]
    public async Task TermsThatTheLeaseNeverHad_AreNotMadeGood()
    {
        await using var market = await Market.OpenAsync();
        var (transactions, lease) = (market.Transactions(), await market.MatchAsync());
        var outcome = Assert.Single(await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms with { MinCharge = lease.Terms.MinCharge + 1 })], default));
        Assert.StartsWith("TermsDiffer(", outcome.Error, StringComparison.Ordinal);
        Assert.Null(outcome.TransactionHash);
    }

    private static string Spec(uint number) => "0x" + new string((char)('0' + number), 64);

    private static async Task<SettleIntent> ReceiptAsync(Market market, LeaseId lease, LeaseTerms terms, uint seq)
    {
        var now = (long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        return new SettleIntent(lease, terms, new Receipt(lease, seq, now, UsageVector.Zero with { CpuMilliSeconds = seq * 1_000 }, 0, Receipt.NoEvidence, false));
    }
}
