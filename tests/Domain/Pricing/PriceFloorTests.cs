using System.Numerics;
using Federation.Domain.Pricing;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Pricing;

public sealed class PriceFloorTests
{
    private static readonly Func<PriceBook, BigInteger, PriceBook>[] Amounts =
    [
        (b, x) => b with { Cpu = x }, (b, x) => b with { Memory = x }, (b, x) => b with { Storage = x }, (b, x) => b with { Egress = x },
        (b, x) => b with { StartFee = x }, (b, x) => b with { MinCharge = x }, (b, x) => b with { ReservationFee = x },
        (b, x) => b with { Gpu = new Dictionary<string, BigInteger> { ["a"] = x } },
    ];

    private static PriceBook BookOf(BigInteger price) =>
        Amounts.Aggregate(new PriceBook("0x1", 0, 0, 0, 0, new Dictionary<string, BigInteger>(), 0, 0, 0, 60, 60, 60, 0, 0, []), (book, set) => set(book, price));

    [Fact]
    public void AnyAmount_BelowTheBook_OrBeyondTheContract_IsAFault_AndNoOther() => Prop.ForAll(
        Gen.Choose(0, Amounts.Length - 1).ToArbitrary(),
        Gen.Choose(1, int.MaxValue).ToArbitrary(),
        (which, price) =>
        {
            var floor = BookOf(price);
            int FaultsAt(BigInteger asked) => PriceFloor.Faults(floor, Amounts[which](floor, asked)).Count;
            return FaultsAt(price) == 0 && FaultsAt(PriceBook.Most) == 0 && FaultsAt(price - 1) == 1 && FaultsAt(PriceBook.Most + 1) == 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Class_ThatIsLeftOut_IsNoFault_OneThatIsNotSoldIs()
    {
        var floor = BookOf(5);
        Assert.Empty(PriceFloor.Faults(floor, floor with { Gpu = new Dictionary<string, BigInteger>() }));
        Assert.Contains("not sold here", Assert.Single(PriceFloor.Faults(floor, floor with { Gpu = new Dictionary<string, BigInteger> { ["z"] = 9 } })), StringComparison.Ordinal);
    }
}
