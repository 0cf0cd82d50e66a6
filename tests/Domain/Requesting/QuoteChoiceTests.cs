using System.Numerics;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Requesting;

public sealed class QuoteChoiceTests
{
    private const uint Hour = 3600;
    private static readonly Resources OneCore = Resources.None with { CpuMilli = 1000, MemoryMiB = 1024 };
    private static readonly Ceiling Most = new(new Prices(2_000_000_000, 1_000_000_000, 0, 0, 0, 0), 100, 100, 100);

    [Fact]
    public void Cheapest_IsTaken_OfTheWholeTerm()
    {
        // Cheaper by the second, but its start fee is more than an hour saves.
        var fee = Quote("0xa", cpu: 1_000_000_000) with { StartFee = 100 };
        var flat = Quote("0xb", cpu: 1_000_000_020);
        Assert.Equal("0xb", Choose([fee, flat])!.From.Place.Provider);
        Assert.Equal(100 + 3_600_000, QuoteChoice.Cost(fee, OneCore, Hour));
    }

    [Fact]
    public void FeeForGivingItUp_Counts_SoThatWhoAsksMostForItDoesNotComeFirst()
    {
        // The second costs 36 more for the hour.
        var (cheap, fair) = (Quote("0xa", cpu: 1_000_000_000) with { ReservationFee = 100 }, Quote("0xb", cpu: 1_000_010_000));
        Assert.Equal("0xb", Choose([cheap, fair])!.From.Place.Provider);
        Assert.Equal("0xa", Choose([cheap with { ReservationFee = 10 }, fair])!.From.Place.Provider);
    }

    [Fact]
    public void SamePrice_IsDecidedByTheAddress_NotByWhoAnswersFirst()
    {
        var (a, b) = (Quote("0xB0", 5), Quote("0xa0", 5));
        Assert.Equal("0xa0", Choose([a, b])!.From.Place.Provider);
        Assert.Equal("0xa0", Choose([b, a])!.From.Place.Provider);
    }

    [Fact]
    public void QuoteThatIsOver_IsNone() => Assert.Null(Choose([Quote("0xa", 5) with { ExpiresAt = 100 }], now: 100));

    [Fact]
    public void PriceOfAMeter_CountsOnlyWhereSomethingIsReservedOfIt()
    {
        var dear = Quote("0xa", 5) with { Prices = new Prices(5, 0, 9, 9, 9, 9) };
        Assert.Null(QuoteChoice.FaultOf(dear, Most, OneCore));
        Assert.Equal("storage 9, at most 0", QuoteChoice.FaultOf(dear, Most, OneCore with { StorageMiB = 1 }));
        Assert.Contains("startFee 101, at most 100", QuoteChoice.FaultOf(dear with { StartFee = 101 }, Most, OneCore)!, StringComparison.Ordinal);
    }

    [Fact]
    public void CreditForDowntime_IsHeldToWhatWasAsked_AndToWhatAContractTakes()
    {
        var half = Most with { MinDowntimeBps = 5_000 };
        Assert.Null(QuoteChoice.CreditFaultOf(5_000, half));
        Assert.Equal("a second of downtime is credited with 40.5 % of the full rate, at least 50 % has to be", QuoteChoice.CreditFaultOf(4_050, half));
        Assert.Null(QuoteChoice.CreditFaultOf(0, Most));
        Assert.Contains("no contract takes", QuoteChoice.CreditFaultOf(10_001, Most)!, StringComparison.Ordinal);
        // Both: what it is short of is said first, whatever it costs.
        var dear = Quote("0xa", cpu: 2_000_000_001) with { DowntimeBps = 4_999 };
        Assert.Equal(QuoteChoice.CreditTooLow, QuoteChoice.WhyNot(dear, half, OneCore, now: 0)!.Value.Reason);
        Assert.Equal("PriceAboveMaximum", QuoteChoice.WhyNot(dear, Most, OneCore, now: 0)!.Value.Reason);
        Assert.Equal("OfferExpired", QuoteChoice.WhyNot(Quote("0xa", 5), Most, OneCore, now: 1000)!.Value.Reason);
        Assert.Null(QuoteChoice.WhyNot(Quote("0xa", 5), Most, OneCore, now: 999));
    }

    public static TheoryData<string, string> Exclusions => new()
    {
        { "inactive", "NotActive" }, { "denied", "Denied" }, { "stranger", "NotAllowed" }, { "south", "OtherRegion" }, { "bits", "CapabilityMissing" }, { "poor", "StakeTooLow" },
    };

    [Theory]
    [MemberData(nameof(Exclusions))]
    public void Rules_SayWhyADatacenterIsNotAsked(string which, string reason)
    {
        var rules = new PlacementRules(Spread.None, ["north"], ["0xA", "0xD"], ["0xD"], 5, "", 10);
        var good = new Candidate(new Place("0xa", "north"), "0xk", "https://a", true, 7, 10);
        Assert.Null(rules.Excludes(good));
        Assert.Equal(reason, rules.Excludes(which switch
        {
            "inactive" => good with { IsActive = false },
            "denied" => good with { Place = new Place("0xd", "north") },
            "stranger" => good with { Place = new Place("0xe", "north") },
            "south" => good with { Place = new Place("0xa", "south") },
            "bits" => good with { Capabilities = 4 },
            _ => good with { Stake = 9 },
        }));
        Assert.Equal("NotAttested", (rules with { Auditor = "0xaud" }).Excludes(good with { Capabilities = 1 }));
    }

    [Fact]
    public void Chosen_IsNeverAboveTheMaximum_NeverCreditsLess_NeverBesideAnother_AndTheCheapestOfTheRest() => Prop.ForAll(
        Markets().ToArbitrary(),
        market =>
        {
            var (quotes, taken, spread, least) = market;
            var rules = PlacementRules.None with { Spread = spread };
            var chosen = QuoteChoice.Choose(quotes, Most with { MinDowntimeBps = least }, OneCore, Hour, rules, taken, now: 50);
            var fit = quotes.Where(q => q.ExpiresAt > 50 && q.Prices.Cpu <= Most.Prices.Cpu && q.StartFee <= Most.StartFee && q.DowntimeBps >= least && q.DowntimeBps <= 10_000 && !taken.Any(t => Collides(q.From.Place, t, spread))).ToArray();
            return chosen is null
                ? fit.Length == 0
                : fit.Contains(chosen) && fit.All(q => QuoteChoice.Cost(q, OneCore, Hour) >= QuoteChoice.Cost(chosen, OneCore, Hour));
        }).QuickCheckThrowOnFailure();

    private static bool Collides(Place a, Place b, Spread spread) =>
        (spread != Spread.None && a.Provider == b.Provider) || (spread == Spread.Region && a.Region == b.Region);

    private static Gen<(Quote[] Quotes, Place[] Taken, Spread Spread, ushort Least)> Markets() =>
        from quotes in Offers().ListOf()
        from taken in Places().ListOf()
        from spread in Gen.Elements(Spread.Datacenter, Spread.Region, Spread.None)
        from least in Gen.Elements<ushort>(0, 5_000, 10_000)
        select (quotes.ToArray(), taken.ToArray(), spread, least);

    private static Gen<Quote> Offers() =>
        from place in Places()
        from cpu in Gen.Choose(1_999_999_990, 2_000_000_010)
        from fee in Gen.Choose(95, 103)
        from life in Gen.Choose(45, 60)
        from credit in Gen.Elements<ushort>(0, 4_999, 5_000, 10_000, 10_001)
        select Quote(place.Provider, cpu, place.Region) with { StartFee = fee, ExpiresAt = life, DowntimeBps = credit };

    private static Gen<Place> Places() =>
        from provider in Gen.Choose(0, 6)
        from region in Gen.Elements("north", "south")
        select new Place($"0x{provider}", region);

    private static Quote? Choose(Quote[] quotes, long now = 0) => QuoteChoice.Choose(quotes, Most, OneCore, Hour, PlacementRules.None, [], now);

    private static Quote Quote(string provider, BigInteger cpu, string region = "north") =>
        new(new Candidate(new Place(provider, region), "0xk", "https://gateway", true, 0, 0), new Prices(cpu, 0, 0, 0, 0, 0), 0, 0, 0, 1000);
}
