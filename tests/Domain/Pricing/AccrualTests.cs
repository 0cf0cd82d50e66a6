using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Pricing;

public sealed class AccrualTests
{
    private static readonly BigInteger MaxPrice = BigInteger.Pow(2, 96) - 1;
    private static readonly BigInteger Bounty = Some.Terms.Parameters.Bounty;
    private static readonly Resources Everything = new(
        uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, new GpuCount("0xa", ushort.MaxValue), new GpuCount("0xb", ushort.MaxValue));

    [Fact]
    public void Price_MoreUsage_NeverCostsLess() => Prop.ForAll(
        PricesOf().ToArbitrary(),
        Usage().ToArbitrary(),
        Usage().ToArbitrary(),
        (prices, usage, more) => Accrual.Price(prices, Add(usage, more)) >= Accrual.Price(prices, usage)
            && Accrual.Price(prices, Add(usage, more)) >= Accrual.Price(prices, usage) + Accrual.Price(prices, more)).QuickCheckThrowOnFailure();

    // The contract credits price(cumulative) - paid each time: rounding happens once, however often it settles.
    [Fact]
    public void Price_SettledInSlices_CostsWhatSettlingOnceDoes() => Prop.ForAll(
        PricesOf().ToArbitrary(),
        Usage().ListOf().ToArbitrary(),
        (prices, slices) =>
        {
            var (paid, cumulative) = (BigInteger.Zero, UsageVector.Zero);
            foreach (var slice in slices)
            {
                cumulative = Add(cumulative, slice);
                var credit = Accrual.Price(prices, cumulative) - paid;
                if (credit < 0) return false;
                paid += credit;
            }

            return paid == Accrual.Price(prices, cumulative);
        }).QuickCheckThrowOnFailure();

    // Units agree: reserved capacity used whole for some seconds is priced at exactly its cap, and no less use is above it.
    [Fact]
    public void RateCap_IsThePriceOfFullUse() => Prop.ForAll(
        PricesOf().ToArbitrary(),
        ResourcesOf().ToArbitrary(),
        Gen.Choose(0, 1_000_000).ToArbitrary(),
        (prices, r, s) =>
        {
            var seconds = (ulong)s;
            var full = new UsageVector(r.CpuMilli * seconds, r.MemoryMiB * seconds, r.StorageMiB * seconds, r.EgressKiBps * seconds, r.GpuA.Count * 1000UL * seconds, r.GpuB.Count * 1000UL * seconds);
            var half = new UsageVector(full.CpuMilliSeconds / 2, full.MemoryMiBSeconds, full.StorageMiBSeconds / 3, full.EgressKiB, full.GpuMilliSecondsA, full.GpuMilliSecondsB / 2);
            return Accrual.Price(prices, full) == Accrual.RateCap(prices, r, seconds) && Accrual.Price(prices, half) <= Accrual.RateCap(prices, r, seconds);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void RateCap_MoreSeconds_IsNeverLess() => Prop.ForAll(
        PricesOf().ToArbitrary(),
        ResourcesOf().ToArbitrary(),
        Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
        (prices, r, s) => Accrual.RateCap(prices, r, s) <= Accrual.RateCap(prices, r, s + 1)).QuickCheckThrowOnFailure();

    [Fact]
    public void ClosingReserve_CoversTheNoticeAndNoUnitMoreThanRounding() => Prop.ForAll(
        PricesOf().ToArbitrary(),
        ResourcesOf().ToArbitrary(),
        Gen.Choose(0, 1_000_000).ToArbitrary(),
        (prices, r, notice) =>
        {
            var (reserve, cap) = (Accrual.ClosingReserve(Terms(prices, r, (uint)notice)), Accrual.RateCap(prices, r, notice));
            return reserve >= cap + Bounty && reserve <= cap + Bounty + 1;
        }).QuickCheckThrowOnFailure();

    // Down for the whole time at full credit costs nothing but what was used; a credit never turns into a payment.
    [Fact]
    public void Due_Downtime_TakesItsShareAndNeverMoreThanIsDue() => Prop.ForAll(
        (from p in PricesOf() from r in ResourcesOf() select (Prices: p, Resources: r)).ToArbitrary(),
        Usage().ToArbitrary(),
        (from down in Gen.Choose(0, int.MaxValue) from bps in Gen.Choose(0, 10_000) from fee in Gen.Choose(0, int.MaxValue) select (Down: (uint)down, Bps: (ushort)bps, Fee: fee)).ToArbitrary(),
        (book, usage, x) =>
        {
            var terms = Terms(book.Prices, book.Resources, 1) with { DowntimeBps = x.Bps, StartFee = x.Fee };
            var (whole, due) = (x.Fee + Accrual.Price(book.Prices, usage), Accrual.Due(terms, usage, x.Down));
            var credit = Accrual.RateCap(book.Prices, book.Resources, x.Down);
            return due >= 0 && due <= whole && due >= whole - credit
                && Accrual.Due(terms, usage, 0) == whole
                && Accrual.Due(terms with { DowntimeBps = 10_000 }, usage, x.Down) == BigInteger.Max(0, whole - credit);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Slice_CoversTwoBucketsTimesTheRatio_RoundedUpOnce() => Prop.ForAll(
        PricesOf().ToArbitrary(),
        ResourcesOf().ToArbitrary(),
        (from m in Gen.Choose(0, 2_592_000) from bps in Gen.Choose(0, 100_000) select (Maturity: (uint)m, Bps: (uint)bps)).ToArbitrary(),
        (prices, r, x) =>
        {
            var slice = Accrual.Slice(prices, r, x.Maturity, x.Bps);
            var exact = Accrual.RateCap(prices, r, 2 * (BigInteger)x.Maturity * x.Bps);
            return slice * 10_000 >= exact && (slice - 1) * 10_000 <= exact && (x.Bps > 0 || slice.IsZero);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Price_OneUnitOfEach_IsRoundedDownOnceOverTheSum()
    {
        var prices = new Prices(400_000_000, 300_000_000, 200_000_000, 50_000_000, 30_000_000, 19_999_999);
        Assert.Equal(0, Accrual.Price(prices, new UsageVector(1, 1, 1, 1, 1, 1)));
        Assert.Equal(1, Accrual.Price(prices with { GpuB = 20_000_000 }, new UsageVector(1, 1, 1, 1, 1, 1)));
    }

    // What the contract computes in 256 bits without checks must stay in 256 bits.
    [Fact]
    public void MaximalTerms_StayBelow256Bits()
    {
        var prices = new Prices(MaxPrice, MaxPrice, MaxPrice, MaxPrice, MaxPrice, MaxPrice);
        var usage = new UsageVector(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        var limit = BigInteger.Pow(2, 256);
        Assert.True(Accrual.Price(prices, usage) * Prices.Scale < limit);
        Assert.True(Accrual.RateCap(prices, Everything, BigInteger.Pow(2, 40)) * Prices.Scale < limit);
        Assert.True(Accrual.ClosingReserve(Terms(prices, Everything, uint.MaxValue)) * Prices.Scale < limit);
        Assert.Equal(6 * MaxPrice * ulong.MaxValue / Prices.Scale, Accrual.Price(prices, usage));
    }

    [Fact]
    public void Covers_OneMeterBelow_IsFalse()
    {
        var vector = new UsageVector(5, 5, 5, 5, 5, 5);
        Assert.True(vector.Covers(vector));
        UsageVector[] below = [vector with { CpuMilliSeconds = 4 }, vector with { MemoryMiBSeconds = 4 }, vector with { StorageMiBSeconds = 4 }, vector with { EgressKiB = 4 }, vector with { GpuMilliSecondsA = 4 }, vector with { GpuMilliSecondsB = 4 }];
        Assert.All(below, b => Assert.True(vector.Covers(b) && !b.Covers(vector)));
    }

    private static LeaseTerms Terms(Prices prices, Resources resources, uint notice) =>
        Some.Terms with { Prices = prices, Resources = resources, NoticeSeconds = notice };

    private static UsageVector Add(UsageVector a, UsageVector b) => new(
        a.CpuMilliSeconds + b.CpuMilliSeconds, a.MemoryMiBSeconds + b.MemoryMiBSeconds, a.StorageMiBSeconds + b.StorageMiBSeconds,
        a.EgressKiB + b.EgressKiB, a.GpuMilliSecondsA + b.GpuMilliSecondsA, a.GpuMilliSecondsB + b.GpuMilliSecondsB);

    private static Gen<UsageVector> Usage() =>
        from a in Meter() from b in Meter() from c in Meter() from d in Meter() from e in Meter() from f in Meter()
        select new UsageVector(a, b, c, d, e, f);

    private static Gen<Prices> PricesOf() =>
        from a in Price() from b in Price() from c in Price() from d in Price() from e in Price() from f in Price()
        select new Prices(a, b, c, d, e, f);

    private static Gen<Resources> ResourcesOf() =>
        from m in Gen.Choose(0, int.MaxValue).Four()
        from g in Gen.Choose(0, ushort.MaxValue).Two()
        select new Resources((uint)m.Item1, (uint)m.Item2, (uint)m.Item3, (uint)m.Item4, new GpuCount("0xa", (ushort)g.Item1), new GpuCount("0xb", (ushort)g.Item2));

    private static Gen<ulong> Meter() => Gen.OneOf(Gen.Choose(0, 1000), Gen.Choose(0, int.MaxValue)).Select(v => (ulong)v);

    private static Gen<BigInteger> Price() => Gen.Choose(0, int.MaxValue).Two().Select(p => ((BigInteger)p.Item1 * p.Item2) >> (p.Item1 % 62));
}
