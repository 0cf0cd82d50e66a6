using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Tests.Holding;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Holding;

namespace Federation.Application.Tests.Quoting;

/// <summary>What an Offer costs by the Datacenter's pricing. The site has eight GPUs and 64 cores.</summary>
public sealed class PricingTests
{
    private static readonly PriceBook Book = QuoterTests.Datacenter.Spec.Prices with { StartFee = 0, MinCharge = 10, ReservationFee = 0 };
    private static readonly UtilisationCurve Curve = new([new(5000, 10_000), new(10_000, 20_000)]);
    private static readonly PriceHook Hook = new(new Uri("http://hook.example"), TimeSpan.FromSeconds(1), FallsBack: false);

    private readonly Site site = new();
    private readonly FixedPayers payers = new() { Funds = 1_000_000_000 };
    private ScriptedHook hook = new(book => new PriceHookAnswer(book with { Cpu = book.Cpu + 7, StartFee = 3, MinCharge = 11, ReservationFee = 5 }, ""));

    public PricingTests() => site.SeeChain();

    [Fact]
    public async Task Curve_RaisesEachClassByItsOwnUtilisation()
    {
        Price(new PricingPolicy(Curve, null));
        Assert.Equal(Some.Prices, (await QuoteAsync(4)).Offer!.Terms.Prices);
        Assert.Equal(Some.Prices, (await QuoteAsync(2)).Offer!.Terms.Prices);
        // Six of eight devices are held: half way between the points. Six of 64 cores are below the first.
        Assert.Equal(Some.Prices with { GpuA = Up(Some.Prices.GpuA, 15_000) }, (await QuoteAsync(2)).Offer!.Terms.Prices);
    }

    [Fact]
    public async Task Curve_AboveTheTenantsMaximum_IsRefused_WithThePriceOfNow()
    {
        Price(new PricingPolicy(Curve, null));
        await QuoteAsync(6);
        var refused = await QuoteAsync(1, r => r with { MaxPrices = r.MaxPrices with { GpuA = Some.Prices.GpuA } });
        Assert.Equal("PriceAboveMaximum", refused.Reason);
        Assert.Contains($"gpuA costs {Up(Some.Prices.GpuA, 15_000)}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curve_BeforeTheChainWasRead_IsNoPrice()
    {
        site.Restart();
        Price(new PricingPolicy(Curve, null));
        Assert.Equal("ChainUnavailable", (await QuoteAsync(1)).Reason);
    }

    [Fact]
    public async Task Hook_IsToldWhatTheCurveAsks_AndSaysWhatIsAsked()
    {
        Price(new PricingPolicy(Curve, Hook));
        await QuoteAsync(6);
        var terms = (await QuoteAsync(1)).Offer!.Terms;
        Assert.Equal(Up(Some.Prices.GpuA, 15_000), hook.Asked[^1].Gpu[Some.GpuClass]);
        Assert.Equal((Some.Prices.Cpu + 7, 3, 11, 5), (terms.Prices.Cpu, terms.StartFee, terms.MinCharge, terms.ReservationFee));
    }

    [Fact]
    public async Task Hook_IsNotAskedForWhoMayNotBeListenedTo()
    {
        Price(new PricingPolicy(null, Hook));
        Assert.Equal(QuoteReasons.SignatureMissing, (await QuoteAsync(1, signature: "")).Reason);
        Assert.Equal("PriceAboveMaximum", (await QuoteAsync(1, r => r with { MaxPrices = r.MaxPrices with { Cpu = 1 } })).Reason);
        Assert.Empty(hook.Asked);
    }

    public static TheoryData<string> Useless => ["silent", "below", "wild"];

    [Theory]
    [MemberData(nameof(Useless))]
    public async Task Hook_WithoutAUsableAnswer_RefusesOrFallsBack_AsTheSpecSays(string how)
    {
        hook = new ScriptedHook(book => how switch
        {
            "silent" => new PriceHookAnswer(null, "It gave no answer."),
            "below" => new PriceHookAnswer(book with { Memory = Book.Memory - 1 }, ""),
            _ => new PriceHookAnswer(book with { Cpu = PriceBook.Most + 1 }, ""),
        });
        Price(new PricingPolicy(Curve, Hook));
        Assert.Equal("PriceUnavailable", (await QuoteAsync(1)).Reason);
        Assert.Empty(site.Holds.Stored);
        Price(new PricingPolicy(Curve, Hook with { FallsBack = true }));
        Assert.Equal(Some.Prices, (await QuoteAsync(1)).Offer!.Terms.Prices);
    }

    [Fact]
    public async Task Hook_ThatLeavesAClassOut_DoesNotSellIt()
    {
        hook = new ScriptedHook(book => new PriceHookAnswer(book with { Gpu = new Dictionary<string, BigInteger>() }, ""));
        Price(new PricingPolicy(null, Hook));
        Assert.Equal(PlacementReasons.NoMatchingGpu, (await QuoteAsync(1)).Reason);
    }

    private static BigInteger Up(BigInteger price, int factorBps) => UtilisationCurve.Times(price, factorBps);

    private void Price(PricingPolicy policy) =>
        site.Cluster.Datacenter = QuoterTests.Datacenter with { Spec = QuoterTests.Datacenter.Spec with { Prices = Book, Pricing = policy } };

    private int number;

    private Task<QuoteResult> QuoteAsync(int gpus, Func<RequestTerms, RequestTerms>? change = null, string signature = FixedPayers.Word)
    {
        var request = site.Request(++number, gpus) with { MaxPrices = new Prices(1L << 40, 1L << 40, 1L << 40, 1L << 40, 1L << 40, 0), MaxStartFee = 100, MaxMinCharge = 100, MaxReservationFee = 100 };
        var maker = new OfferMaker(site.Cluster, FixedMarket.Open, hook.Pricer(site.Capacities), FakeHasher.Instance, site.Clock);
        return new Quoter(maker, payers, site.Offers, site.Clock).QuoteAsync(new QuoteDemand((change ?? (r => r))(request), signature, "192.0.2.1"), default);
    }
}
