using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Settlement;

public sealed class SettlementPlanTests
{
    private const int Most = 5;

    // A claim of as many units as it takes gas pays for it at one gwei where an ether is worth 10^9 of them, and its gas may cost all of it.
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
        var offered = new[] { Offer(2, SettleUrgency.Due, value: 45_999), Offer(3, SettleUrgency.Waiting, value: 200_000) };
        Assert.Empty(Next(offered, Gwei, Weighing));
        Assert.Equal([2, 3], Next(offered, Gwei - 1_000_000, Weighing));
        Assert.Equal([4, 3], Next([.. offered, Offer(4, SettleUrgency.Bound, value: 0)], Gwei, Weighing));
    }

    // Alone it pays for a whole transaction, in company for its share.
    [Theory]
    [InlineData(107_999, 0, false)]
    [InlineData(108_000, 0, true)]
    [InlineData(60_000, 93_999, false)]
    [InlineData(60_000, 94_000, true)]
    public void OneThatIsDue_GoesOnceAllTogetherArePaidFor(int value, int another, bool goes)
    {
        SettleIntent[] offered = [Offer(2, SettleUrgency.Due, value: value), .. another == 0 ? [] : new[] { Offer(3, SettleUrgency.Waiting, value: another) }];
        Assert.Equal(goes ? offered.Length : 0, Next(offered, Gwei, Weighing).Length);
        Assert.Equal(offered.Length + 1, Next([.. offered, Offer(4, SettleUrgency.Bound, value: 0)], Gwei, Weighing).Length);
    }

    [Fact]
    public void WhatIsSentUnbound_NeverCostsMoreThanItsShare() => Prop.ForAll(
        Gen.Choose(0, 4_000_000).Zip(Gen.Choose(0, 9)).ListOf().ToArbitrary(), Gen.Choose(1, 100).Zip(Gen.Choose(1, 200)).ToArbitrary(), (some, costs) =>
        {
            var (percent, gwei) = costs;
            SettleIntent[] offered = [.. some.Select((o, n) => Offer(n + 2, o.Item2 switch { 0 => SettleUrgency.Bound, < 4 => SettleUrgency.Due, _ => SettleUrgency.Waiting }, value: o.Item1))];
            var sent = SettlementPlan.Next(offered, Most, Gwei * gwei / 10, new SettlementRules(1_000_000_000, percent));
            var unbound = sent.Where(s => s.Urgency != SettleUrgency.Bound).ToArray();
            var gas = (46_000 * unbound.Length) + (unbound.Length == sent.Count && sent.Count > 0 ? 62_000 : 0);
            return unbound.Aggregate(BigInteger.Zero, (sum, s) => sum + s.Value) * percent * 10 >= (BigInteger)gas * gwei * 100
                && sent.Count - unbound.Length == Math.Min(Most, offered.Count(o => o.Urgency == SettleUrgency.Bound));
        }).QuickCheckThrowOnFailure();

    /// <summary>What is weighed is what the contract was measured at: never less, and not half as much again.</summary>
    [Theory]
    [InlineData("settle, and what has matured is paid", 1, 2)]
    [InlineData("settle, final: claims and closes", 1, 2)]
    [InlineData("settle, first of the lease", 1, 1)]
    [InlineData("settle, countersigned", 1, 2, true)]
    [InlineData("settleMany, 10, and what has matured is paid", 10, 2)]
    [InlineData("settleMany, 100, and what has matured is paid", 100, 2)]
    public void Gas_IsAsItWasMeasured(string what, int leases, int seq, bool isSigned = false)
    {
        using var measured = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "contracts", "snapshots", "Gas.json")));
        var gas = int.Parse(measured.RootElement.GetProperty(what).GetString()!, CultureInfo.InvariantCulture);
        SettleIntent[] batch = [.. Enumerable.Range(0, leases).Select(n => Offer(seq, SettleUrgency.Due) with { TenantSignature = isSigned ? "0x1b" : "" })];
        Assert.InRange(SettlementRules.GasOf(batch), gas, gas * 3 / 2);
    }

    [Fact]
    public void GasOfUnknownPrice_IsPaidForWhatMustGoOnly()
    {
        var offered = new[] { Offer(3, SettleUrgency.Due, value: 1_000_000), Offer(2, SettleUrgency.Bound) };
        Assert.Equal([2], Next(offered, null, Weighing));
        Assert.Equal([2, 3], Next(offered, null, SettlementRules.Unweighed));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(50, true)]
    [InlineData(49, false)]
    public void Gas_MayCostItsShare(int percent, bool goes) =>
        Assert.Equal(goes, new SettlementRules(1_000_000_000, percent).IsWorth(80_000, 40_000, Gwei));

    private static int[] Next(IEnumerable<SettleIntent> offered, BigInteger? gasPrice = null, SettlementRules? rules = null) =>
        [.. SettlementPlan.Next(offered, Most, gasPrice, rules ?? SettlementRules.Unweighed).Select(i => (int)i.Receipt.Seq)];

    private static SettleIntent Offer(int number, SettleUrgency urgency, long latestAt = 0, BigInteger? value = null)
    {
        var receipt = new Receipt(Some.LeaseId(number), (uint)number, 0, UsageVector.Zero, 0, Receipt.NoEvidence, false);
        return new SettleIntent(receipt.Id, Some.Terms, receipt) { Urgency = urgency, LatestAt = latestAt, Value = value ?? 1 };
    }
}
