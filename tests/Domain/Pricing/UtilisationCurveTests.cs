using System.Numerics;
using Federation.Domain.Pricing;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Pricing;

public sealed class UtilisationCurveTests
{
    private static readonly UtilisationCurve Curve = new([new(9000, 30_000), new(5000, 10_000), new(9500, 30_000)]);

    private static readonly PriceBook Book = new("0x1", 100, 200, 300, 400, new Dictionary<string, BigInteger> { ["a"] = 1000, ["b"] = 7 }, 1, 2, 3, 60, 60, 60, 0, 0, []);

    [Theory]
    [InlineData(-1, 10_000)]
    [InlineData(0, 10_000)]
    [InlineData(5000, 10_000)]
    [InlineData(5001, 10_005)]
    [InlineData(7000, 20_000)]
    [InlineData(9000, 30_000)]
    [InlineData(9200, 30_000)]
    [InlineData(10_000, 30_000)]
    [InlineData(int.MaxValue, 30_000)]
    public void Factor_FollowsTheLinesBetweenPoints_AndIsLevelBeyondThem(int utilisation, int factor) => Assert.Equal(factor, Curve.FactorAt(utilisation));

    [Fact]
    public void Factor_OfAPart_IsRoundedUp() => Assert.Equal(10_001, new UtilisationCurve([new(0, 10_000), new(10_000, 10_001)]).FactorAt(1));

    [Fact]
    public void Classes_AreRaisedByTheirOwnUtilisation_AndTheRestStays()
    {
        var raised = Curve.Raise(Book, cpuBps: 7000, memoryBps: 0, new Dictionary<string, int> { ["a"] = 9000 });
        // Nobody counts class b: there is none left.
        Assert.Equal((200, 200, 300, 400, 3000, 21), ((int)raised.Cpu, (int)raised.Memory, (int)raised.Storage, (int)raised.Egress, (int)raised.Gpu["a"], (int)raised.Gpu["b"]));
        Assert.Equal((Book.StartFee, Book.MinCharge, Book.ReservationFee), (raised.StartFee, raised.MinCharge, raised.ReservationFee));
    }

    [Fact]
    public void Prices_NeverFallWithUtilisation_AndAreNeverBelowTheBook() => Prop.ForAll(
        Curves().ToArbitrary(),
        Prices().ToArbitrary(),
        (from u in Gen.Choose(0, 10_000) from v in Gen.Choose(0, 10_000) select (Low: Math.Min(u, v), High: Math.Max(u, v))).ToArbitrary(),
        (curve, price, at) =>
        {
            BigInteger At(int utilisation) => curve.Raise(Book with { Cpu = price }, utilisation, 0, new Dictionary<string, int>()).Cpu;
            return At(at.Low) <= At(at.High) && At(0) >= price && At(10_000) == UtilisationCurve.Times(price, curve.Points[^1].FactorBps);
        }).QuickCheckThrowOnFailure();

    // Between two points no value leaves them, however the division rounds.
    [Fact]
    public void Factor_StaysBetweenItsPoints_AndMeetsThem() => Prop.ForAll(
        Curves().ToArbitrary(),
        Gen.Choose(0, 10_000).ToArbitrary(),
        (curve, at) =>
        {
            var factor = curve.FactorAt(at);
            var low = curve.Points.LastOrDefault(p => p.UtilisationBps <= at) ?? curve.Points[0];
            var high = curve.Points.FirstOrDefault(p => p.UtilisationBps >= at) ?? curve.Points[^1];
            return factor >= Math.Min(low.FactorBps, high.FactorBps) && factor <= high.FactorBps && curve.Points.All(p => curve.FactorAt(p.UtilisationBps) == p.FactorBps);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Price_BeyondTheContract_IsAnOverflow()
    {
        var curve = new UtilisationCurve([new(0, 20_000)]);
        var most = PriceBook.Most / 2;
        Assert.Equal(2 * most, curve.Raise(Book with { Cpu = most }, 0, 0, new Dictionary<string, int>()).Cpu);
        Assert.Throws<OverflowException>(() => curve.Raise(Book with { Cpu = most + 1 }, 0, 0, new Dictionary<string, int>()));
    }

    public static TheoryData<int[], string> Faulty => new()
    {
        { [], "0 points" },
        { [.. Enumerable.Range(0, 17).SelectMany(i => new[] { i, 10_000 })], "17 points" },
        { [-1, 10_000], "utilisation -1" },
        { [10_001, 10_000], "utilisation 10001" },
        { [0, 9_999], "factor of 9999" },
        { [0, 1_000_001], "factor of 1000001" },
        { [5, 10_000, 5, 10_000], "two points" },
        { [9, 10_000, 5, 10_001], "falls from 10001 to 10000" },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void FaultyPoints_MakeNoCurve_AndTheFaultIsTold(int[] numbers, string told)
    {
        CurvePoint[] points = [.. numbers.Chunk(2).Select(n => new CurvePoint(n[0], n[1]))];
        Assert.Contains(told, UtilisationCurve.Fault(points), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new UtilisationCurve(points));
    }

    private static Gen<UtilisationCurve> Curves() =>
        from count in Gen.Choose(1, UtilisationCurve.MostPoints)
        from at in Gen.Choose(0, 10_000).ListOf(count)
        from factors in Gen.Choose(UtilisationCurve.LeastFactorBps, UtilisationCurve.MostFactorBps).ListOf(count)
        select new UtilisationCurve(at.Distinct().Order().Zip(factors.Order(), (u, f) => new CurvePoint(u, f)));

    private static Gen<BigInteger> Prices() => Gen.Choose(0, int.MaxValue).Two().Select(p => (BigInteger)p.Item1 * p.Item2);
}
