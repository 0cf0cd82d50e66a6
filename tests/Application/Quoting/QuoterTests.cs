using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;

namespace Federation.Application.Tests.Quoting;

public sealed class QuoterTests
{
    private const string NoAddress = "0x0000000000000000000000000000000000000000";

    private static readonly RequestTerms Request = new(
        Some.Tenant, Some.Token, NoAddress, Some.SpecHash, Some.Resources, Some.Prices, MaxMinCharge: 10, Deposit: 1_000_000, Fills: 1,
        DurationSeconds: 3600, MinNoticeSeconds: 0, MaxNoticeSeconds: 600, RequiredCapabilities: 0, ExpiresAt: FakeClock.StartMs / 1000 + 30, Counter: 0, Salt: 1);

    private static readonly Dictionary<string, Func<RequestTerms, RequestTerms>> Refusals = new()
    {
        ["OtherProvider"] = r => r with { Provider = Some.Tenant },
        ["OtherToken"] = r => r with { Token = Some.Tenant },
        ["RequestExpired"] = r => r with { ExpiresAt = FakeClock.StartMs / 1000 },
        ["ResourcesEmpty"] = r => r with { Resources = r.Resources with { MemoryMiB = 0 } },
        ["GpuSlotIncomplete"] = r => r with { Resources = r.Resources with { GpuB = new GpuCount(GpuCount.NoClass, 1) } },
        ["TermTooShort"] = r => r with { DurationSeconds = 0 },
        ["TermTooLong"] = r => r with { DurationSeconds = 86_401 },
        ["NoticeImpossible"] = r => r with { MinNoticeSeconds = 700 },
        [PlacementReasons.NoMatchingGpu] = r => r with { Resources = r.Resources with { GpuA = new GpuCount("0x" + new string('1', 64), 1) } },
        ["PriceAboveMaximum"] = r => r with { MaxPrices = r.MaxPrices with { Memory = Some.Prices.Memory - 1 } },
        ["DepositTooLow"] = r => r with { Deposit = 100 },
        [PlacementReasons.ExceedsDatacenter] = r => r with { Resources = r.Resources with { GpuA = r.Resources.GpuA with { Count = 9 } } },
    };

    private readonly InMemoryCluster cluster = new(new PortGate()) { Datacenter = Datacenter };

    internal static DatacenterRecord Datacenter { get; } = new("dc", 7, new DatacenterSpec(
        Some.Provider, "eu", "https://dc.example.org", new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement },
        new PriceBook(Some.Token, Some.Prices.Cpu, Some.Prices.Memory, Some.Prices.Storage, Some.Prices.Egress, new Dictionary<string, BigInteger> { [Some.GpuClass] = Some.Prices.GpuA }, 10, NoticeSeconds: 60, ActivationSeconds: 300, MaxDurationSeconds: 86_400),
        "", 0, 0), null);

    public static TheoryData<string> Reasons => [.. Refusals.Keys];

    [Fact]
    public async Task GoodRequest_GetsASignedOffer()
    {
        var result = await QuoteAsync(Request);
        Assert.Equal("", result.Reason);
        var terms = result.Offer!.Terms;
        Assert.Equal((Some.Prices, 60u, 300u, Request.ExpiresAt), (terms.Prices, terms.NoticeSeconds, terms.ActivationSeconds, terms.ExpiresAt));
        Assert.NotEqual(terms.Salt, (await QuoteAsync(Request)).Offer!.Terms.Salt);
    }

    [Fact]
    public async Task Offer_LivesAMinuteAtMost() =>
        Assert.Equal(FakeClock.StartMs / 1000 + 60, (await QuoteAsync(Request with { ExpiresAt = long.MaxValue })).Offer!.Terms.ExpiresAt);

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task BadRequest_IsRefusedWithItsReason(string reason)
    {
        var result = await QuoteAsync(Refusals[reason](Request));
        Assert.Null(result.Offer);
        Assert.Equal(reason, result.Reason);
        Assert.NotEmpty(result.Message);
    }

    [Fact]
    public async Task Maximum_OfAMeterThatIsNotReserved_DoesNotCount()
    {
        var result = await QuoteAsync(Request with { MaxPrices = Some.Prices with { Storage = 0 }, Resources = Some.Resources with { StorageMiB = 0 } });
        Assert.Equal(0, result.Offer!.Terms.Prices.Storage);
    }

    [Fact]
    public async Task NoDatacenter_IsRefused()
    {
        cluster.Datacenter = null;
        Assert.Equal("DatacenterMissing", (await QuoteAsync(Request)).Reason);
    }

    private async Task<QuoteResult> QuoteAsync(RequestTerms request)
    {
        var (clock, holds) = (new FakeClock(), new InMemoryHolds().Open());
        var health = new OperatorHealth(clock);
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>()));
        var capacities = new CapacityReader(cluster, cluster, holds, health, FakeHasher.Instance, HoldLimits.Usual, clock);
        using var offers = new HeldOffers(capacities, holds, new FakeOfferSigner(), FakeHasher.Instance, HoldLimits.Usual);
        return await new Quoter(cluster, offers, FakeHasher.Instance, clock).QuoteAsync(request, default);
    }
}
