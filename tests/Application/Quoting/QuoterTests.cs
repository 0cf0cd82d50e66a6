using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;

namespace Federation.Application.Tests.Quoting;

public sealed class QuoterTests
{
    private static readonly RequestTerms Request = new(
        Some.Tenant, Some.NoAddress, Some.Token, Some.NoAddress, Some.SpecHash, Some.Resources, Some.Prices,
        MaxStartFee: 20, MaxMinCharge: 10, MaxReservationFee: 5, Deposit: 1_000_000, Fills: 1, DurationSeconds: 3600, MinNoticeSeconds: 0, MaxNoticeSeconds: 600,
        MaxActivationSeconds: 600, MinDowntimeBps: 100, RequiredCapabilities: 5, Auditor: Some.NoAddress, Arbiter: Some.NoAddress, App: GpuCount.NoClass,
        Callback: false, ExpiresAt: FakeClock.StartMs / 1000 + 30, Counter: 0, Salt: 1);

    private static readonly MarketStanding Good = new(
        IsOpeningPaused: false, IsActive: true, Capabilities: 7, MaturitySeconds: 3600, SliceBps: 10_000, Bounty: 17, FreeStake: 10_000_000, RoyaltyBps: 0);

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
        ["NoticeTooShort"] = r => r with { MaxNoticeSeconds = 59 },
        [PlacementReasons.NoMatchingGpu] = r => r with { Resources = r.Resources with { GpuA = new GpuCount("0x" + new string('1', 64), 1) } },
        ["ActivationImpossible"] = r => r with { MaxActivationSeconds = 0 },
        ["DowntimeCreditTooLow"] = r => r with { MinDowntimeBps = 5001 },
        ["CapabilityMissing"] = r => r with { RequiredCapabilities = 8 },
        ["ArbiterNotAccepted"] = r => r with { Arbiter = Some.Provider },
        ["PriceAboveMaximum"] = r => r with { MaxPrices = r.MaxPrices with { Memory = Some.Prices.Memory - 1 } },
        ["DepositTooLow"] = r => r with { Deposit = 100 },
        [PlacementReasons.ExceedsDatacenter] = r => r with { Resources = r.Resources with { GpuA = r.Resources.GpuA with { Count = 9 } } },
    };

    private static readonly Dictionary<string, Func<MarketStanding, MarketStanding>> Unfit = new()
    {
        ["OpeningPaused"] = s => s with { IsOpeningPaused = true },
        ["ProviderNotActive"] = s => s with { IsActive = false },
        ["CapabilityMissing"] = s => s with { Capabilities = 3 },
        ["AppUnknown"] = s => s with { RoyaltyBps = null },
        ["RoyaltyAboveMaximum"] = s => s with { RoyaltyBps = 301 },
        ["DepositTooLow"] = s => s with { Bounty = 1_000_000 },
        ["InsufficientStake"] = s => s with { FreeStake = Slice - 1 },
    };

    private static readonly BigInteger Slice = Accrual.Slice(Some.Prices, Some.Resources, 3600, 10_000);

    private readonly FixedPayers payers = new();
    private readonly InMemoryCluster cluster = new(new PortGate()) { Datacenter = Datacenter };

    internal static DatacenterRecord Datacenter { get; } = new("dc", 7, new DatacenterSpec(
        Some.Provider, "eu", "https://dc.example.org", new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement },
        new PriceBook(Some.Token, Some.Prices.Cpu, Some.Prices.Memory, Some.Prices.Storage, Some.Prices.Egress, new Dictionary<string, BigInteger> { [Some.GpuClass] = Some.Prices.GpuA },
            StartFee: 20, MinCharge: 10, ReservationFee: 5, NoticeSeconds: 60, ActivationSeconds: 300, MaxDurationSeconds: 86_400, DowntimeBps: 5000, MaxRoyaltyBps: 300, Arbiters: [Some.Tenant]),
        "", 0, 0) { UnenforcedNetworkPolicy = UnenforcedNetworkPolicy.Allow }, null);

    public static TheoryData<string> Reasons => [.. Refusals.Keys];

    public static TheoryData<string> UnfitReasons => [.. Unfit.Keys];

    [Fact]
    public async Task GoodRequest_GetsASignedOffer()
    {
        var result = await QuoteAsync(Request);
        Assert.Equal("", result.Reason);
        var terms = result.Offer!.Terms;
        Assert.Equal((Some.Prices, 60u, 300u, Request.ExpiresAt), (terms.Prices, terms.NoticeSeconds, terms.ActivationSeconds, terms.ExpiresAt));
        Assert.Equal((20, 10, 5, (ushort)5000, (ushort)300), ((int)terms.StartFee, (int)terms.MinCharge, (int)terms.ReservationFee, terms.DowntimeBps, terms.MaxRoyaltyBps));
        Assert.NotEqual(terms.Salt, (await QuoteAsync(Request)).Offer!.Terms.Salt);
    }

    [Theory]
    [InlineData(Intake.Paused)]
    [InlineData(Intake.Draining)]
    public async Task NoNewLeasesAreWanted_IsTheReason(Intake intake)
    {
        cluster.Datacenter = Datacenter with { Spec = Datacenter.Spec with { Intake = intake } };
        Assert.Equal($"{intake}", (await QuoteAsync(Request)).Reason);
    }

    [Theory]
    [InlineData(ConditionStatus.True, UnenforcedNetworkPolicy.Refuse, true)]
    [InlineData(ConditionStatus.False, UnenforcedNetworkPolicy.Refuse, false)]
    [InlineData(ConditionStatus.Unknown, UnenforcedNetworkPolicy.Refuse, false)]
    [InlineData(null, UnenforcedNetworkPolicy.Refuse, false)]
    [InlineData(ConditionStatus.False, UnenforcedNetworkPolicy.Allow, true)]
    [InlineData(null, UnenforcedNetworkPolicy.Allow, true)]
    public async Task NetworkThatIsNotShownToIsolate_IsTheReason_UnlessItIsAllowed(ConditionStatus? enforced, UnenforcedNetworkPolicy unenforced, bool isAnswered)
    {
        LeaseCondition[] conditions = enforced is { } status ? [new(NetworkPolicyRules.Type, status, "Probed", "")] : [];
        cluster.Datacenter = Datacenter with { Spec = Datacenter.Spec with { UnenforcedNetworkPolicy = unenforced }, Report = new DatacenterReport(conditions, 0, 0, 0, 0, Earnings.None) };
        var result = await QuoteAsync(Request);
        Assert.Equal((isAnswered, isAnswered ? "" : QuoteReasons.NetworkNotIsolated), (result.Offer is not null, result.Reason));
    }

    [Theory]
    [InlineData(ConditionStatus.True, "")]
    [InlineData(ConditionStatus.Unknown, "")]
    [InlineData(ConditionStatus.False, EvidenceRules.Unkept)]
    public async Task EvidenceThatCannotBeKept_IsTheReason(ConditionStatus kept, string reason)
    {
        LeaseCondition[] conditions = [new(NetworkPolicyRules.Type, ConditionStatus.True, "Probed", ""), new(EvidenceRules.Type, kept, "Said", "")];
        cluster.Datacenter = Datacenter with { Report = new DatacenterReport(conditions, 0, 0, 0, 0, Earnings.None) };
        Assert.Equal(reason, (await QuoteAsync(Request)).Reason);
    }

    [Theory]
    [InlineData("", "sandbox", true, "Missing")] // Pods without devices are of any lease.
    [InlineData("vendor", "sandbox", false, "")]
    [InlineData("vendor", "sandbox", true, "Missing")]
    [InlineData("sandbox", "vendor", true, "")]
    public async Task RuntimeThatCannotBeHad_IsTheReason_ForWhoWouldNeedIt(string ofClass, string missing, bool asksForDevices, string reason)
    {
        var spec = Datacenter.Spec with { RuntimeClass = ofClass == "vendor" ? "usual" : "sandbox", GpuClasses = new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement with { RuntimeClass = ofClass == "vendor" ? "sandbox" : ofClass } } };
        cluster.Datacenter = Datacenter with { Spec = spec, RuntimeProblems = new Dictionary<string, RuntimeProblem> { [missing] = new("Missing", "It is not there.") } };
        var request = asksForDevices ? Request : Request with { Resources = Request.Resources with { GpuA = GpuCount.None, GpuB = GpuCount.None } };
        Assert.Equal(reason, (await QuoteAsync(request)).Reason);
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

    [Theory]
    [MemberData(nameof(UnfitReasons))]
    public async Task Standing_ThatAMatchWouldFailOn_IsRefusedWithItsReason(string reason)
    {
        var result = await QuoteAsync(Request, Unfit[reason](Good));
        Assert.Null(result.Offer);
        Assert.Equal(reason, result.Reason);
        Assert.NotEmpty(result.Message);
    }

    [Fact]
    public async Task Stake_IsAskedForOnlyWhereItIsDemanded_AndJustEnoughIsEnough()
    {
        Assert.NotNull((await QuoteAsync(Request, Good with { FreeStake = Slice })).Offer);
        Assert.NotNull((await QuoteAsync(Request, Good with { FreeStake = 0, SliceBps = 0 })).Offer);
        Assert.NotNull((await QuoteAsync(Request, Good with { FreeStake = 0, MaturitySeconds = 0 })).Offer);
    }

    [Fact]
    public async Task Activation_IsAsQuickAsTheTenantWants() =>
        Assert.Equal(200u, (await QuoteAsync(Request with { MaxActivationSeconds = 200 })).Offer!.Terms.ActivationSeconds);

    [Theory]
    [InlineData(Some.NoAddress)]
    [InlineData("0x00000000000000000000000000000000000000a1")]
    public async Task Arbiter_ThatIsAccepted_IsInTheOffer(string arbiter) =>
        Assert.Equal(arbiter, (await QuoteAsync(Request with { Arbiter = arbiter })).Offer!.Terms.Arbiter);

    [Fact]
    public async Task Maximum_OfAMeterThatIsNotReserved_DoesNotCount()
    {
        var result = await QuoteAsync(Request with { MaxPrices = Some.Prices with { Storage = 0 }, Resources = Some.Resources with { StorageMiB = 0 } });
        Assert.Equal(0, result.Offer!.Terms.Prices.Storage);
    }

    [Fact]
    public async Task Answers_AreCounted_ByOutcomeAndReason()
    {
        using var counted = new Counted("Federation.Quoting");
        await QuoteAsync(Request);
        await QuoteAsync(Request with { DurationSeconds = 0 });
        Assert.Equal((1L, 1L), (counted["federation_quotes_total offered "], counted["federation_quotes_total refused TermTooShort"]));
    }

    [Fact]
    public async Task NoDatacenter_IsRefused()
    {
        cluster.Datacenter = null;
        Assert.Equal("DatacenterMissing", (await QuoteAsync(Request)).Reason);
    }

    [Fact]
    public async Task WhoDoesNotSign_IsRefused_BeforeChainAndNodesAreLookedAt()
    {
        Assert.Equal(QuoteReasons.SignatureMissing, (await QuoteAsync(Request, new NoMarket(), "")).Reason);
        Assert.Equal(0, payers.Checked);
        var refused = await QuoteAsync(Request with { Sponsor = Some.Provider }, new NoMarket(), "0x02");
        Assert.Equal(QuoteReasons.SignatureInvalid, refused.Reason);
        Assert.Contains(Some.Provider, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadRequest_CostsNoLookAtItsSignature()
    {
        await QuoteAsync(Request with { DurationSeconds = 0 });
        Assert.Equal(0, payers.Checked);
    }

    [Fact]
    public async Task PayerWithoutTheDeposit_IsRefused()
    {
        payers.Funds = Request.Deposit - 1;
        Assert.Equal(PlacementReasons.FundsTooLow, (await QuoteAsync(Request)).Reason);
        payers.Funds = Request.Deposit;
        Assert.NotNull((await QuoteAsync(Request)).Offer);
    }

    // Funds for exactly two: one is matched, and not confirmed yet.
    [Fact]
    public async Task MoneyOfAMatchThatIsNotConfirmed_CountsOnce()
    {
        var holds = new InMemoryHolds();
        RequestTerms[] requests = [.. Enumerable.Range(1, 3).Select(salt => Request with { Salt = salt })];
        payers.Funds = 2 * Request.Deposit;
        Assert.NotNull((await NextAsync(0)).Offer);
        payers.Funds = Request.Deposit;
        Assert.Equal(PlacementReasons.FundsTooLow, (await NextAsync(1)).Reason);
        payers.Matched.Add(LeaseIds.Of(FakeOfferSigner.HashOf(requests[0]), 1, FakeHasher.Instance).Single());
        Assert.NotNull((await NextAsync(1)).Offer);
        Assert.Equal(PlacementReasons.FundsTooLow, (await NextAsync(2)).Reason);
        // A reorg takes the match away, and gives the money back.
        payers.Matched.Clear();
        payers.Funds = 2 * Request.Deposit;
        Assert.Equal(PlacementReasons.FundsTooLow, (await NextAsync(2)).Reason);

        Task<QuoteResult> NextAsync(int index) => QuoteAsync(requests[index], new FixedMarket(Good), FixedPayers.Word, holds);
    }

    private Task<QuoteResult> QuoteAsync(RequestTerms request, MarketStanding? standing = null) =>
        QuoteAsync(request, new FixedMarket(standing ?? Good), FixedPayers.Word);

    private async Task<QuoteResult> QuoteAsync(RequestTerms request, IMarketReader market, string signature, InMemoryHolds? stored = null)
    {
        var (clock, holds) = (new FakeClock(), (stored ?? new InMemoryHolds()).Open());
        var health = new OperatorHealth(clock);
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        var capacities = new CapacityReader(cluster, cluster, holds, health, FakeHasher.Instance, HoldLimits.Usual, clock);
        using var offers = new HeldOffers(capacities, holds, new FakeOfferSigner(), FakeHasher.Instance, HoldLimits.Usual);
        using var metrics = new QuoteMetrics();
        return await new Quoter(new OfferMaker(cluster, market, ScriptedHook.PricerOn(capacities), FakeHasher.Instance, clock), payers, offers, clock, metrics).QuoteAsync(new QuoteDemand(request, signature, "192.0.2.1"), default);
    }

    private sealed class NoMarket : IMarketReader
    {
        public Task<MarketStanding> ReadAsync(RequestTerms request, CancellationToken cancellation) => throw new InvalidOperationException("The chain is read for a stranger.");
    }
}
