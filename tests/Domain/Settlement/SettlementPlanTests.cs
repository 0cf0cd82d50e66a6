using System.Numerics;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Settlement;

public sealed class SettlementPlanTests
{
    private const int Most = 5;

    // A claim of 40,000 units pays for gas at one gwei where an ether is worth 10^9 of them, and its gas may cost all of it.
    private static readonly SettlementRules Weighing = new(1_000_000_000, 100);
    private static readonly BigInteger Gwei = 1_000_000_000;

    [Fact]
    public void Waiting_UntilTheyFillATransaction()
    {
        var waiting = Enumerable.Range(1, Most).Select(i => Offer(i, SettleUrgency.Waiting)).ToArray();
        Assert.Empty(Next(waiting.SkipLast(1)));
        Assert.Equal(Most, Next(waiting).Length);
    }

    [Theory]
    [InlineData(SettleUrgency.Due)]
    [InlineData(SettleUrgency.Bound)]
    public void OneThatMustGo_TakesThoseAlongThatWait_OldestFirst(SettleUrgency urgency)
    {
        var offered = Enumerable.Range(1, Most + 2).Select(i => Offer(i, SettleUrgency.Waiting, latestAt: 100 - i)).Append(Offer(20, urgency, latestAt: 500));
        Assert.Equal([20, 7, 6, 5, 4], Next(offered));
    }

    [Fact]
    public void MostUrgentFirst_ThenTheOldest_ThenTheMostMoney() => Assert.Equal([4, 3, 2, 5, 1], Next(
    [
        Offer(1, SettleUrgency.Waiting, latestAt: 10), Offer(2, SettleUrgency.Due, latestAt: 30, value: 9), Offer(3, SettleUrgency.Due, latestAt: 20),
        Offer(4, SettleUrgency.Bound, latestAt: 99), Offer(5, SettleUrgency.Due, latestAt: 30, value: 8),
    ]));

    [Fact]
    public void ThatBringsInLessThanItsGas_NeitherGoesNorFillsUp()
    {
        var offered = new[] { Offer(1, SettleUrgency.Due, value: 39_999), Offer(2, SettleUrgency.Waiting, value: 40_000) };
        Assert.Empty(Next(offered, Gwei, Weighing));
        Assert.Equal([1, 2], Next(offered, Gwei - 1_000_000, Weighing));
        Assert.Equal([3, 2], Next([.. offered, Offer(3, SettleUrgency.Bound, value: 0)], Gwei, Weighing));
    }

    [Fact]
    public void GasOfUnknownPrice_IsPaidForWhatMustGoOnly()
    {
        var offered = new[] { Offer(1, SettleUrgency.Due, value: 1_000_000), Offer(2, SettleUrgency.Bound) };
        Assert.Equal([2], Next(offered, null, Weighing));
        Assert.Equal([2, 1], Next(offered, null, SettlementRules.Unweighed));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(50, true)]
    [InlineData(49, false)]
    public void Gas_MayCostItsShare(int percent, bool goes) =>
        Assert.Equal(goes, new SettlementRules(1_000_000_000, percent).IsWorth(80_000, Gwei));

    private static int[] Next(IEnumerable<SettleIntent> offered, BigInteger? gasPrice = null, SettlementRules? rules = null) =>
        [.. SettlementPlan.Next(offered, Most, gasPrice, rules ?? SettlementRules.Unweighed).Select(i => (int)i.Receipt.Seq)];

    private static SettleIntent Offer(int number, SettleUrgency urgency, long latestAt = 0, BigInteger? value = null)
    {
        var receipt = new Receipt(Some.LeaseId(number), (uint)number, 0, UsageVector.Zero, 0, Receipt.NoEvidence, false);
        return new SettleIntent(receipt.Id, Some.Terms, receipt) { Urgency = urgency, LatestAt = latestAt, Value = value ?? 1 };
    }
}
