using System.Numerics;
using System.Text.Json;
using Federation.Application.Amending;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Tests.Holding;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Holding;

namespace Federation.Application.Tests.Amending;

public sealed class AmenderTests
{
    private static readonly long Start = FakeClock.StartMs / 1000;

    private static readonly Resources Larger = Some.Resources with { CpuMilli = 4000, GpuA = Some.Resources.GpuA with { Count = 2 } };

    private static readonly RequestTerms Wanted = Some.Request with { Resources = Larger, DurationSeconds = 7200, SpecHash = Some.HashOf(Some.OtherWorkload) };

    private static readonly LeaseView Lease = new(
        Some.LeaseId(1), Some.Terms,
        new ChainLease(LeaseState.Active, CloseReason.None, Some.Deposit, 1000, Seq: 7, Start - 600, Start - 300, Start + 6600) { Amendments = 3 }, ChainLease.Unknown, 1, 1, 1, Start);

    private static readonly Dictionary<string, Func<RequestTerms, RequestTerms>> Refusals = new()
    {
        ["OtherParty"] = r => r with { Tenant = Some.Provider },
        ["OtherProvider"] = r => r with { Provider = Some.Tenant },
        ["TermOver"] = r => r with { DurationSeconds = 650 },
        ["NoticeTooShort"] = r => r with { MaxNoticeSeconds = 59 },
        ["TermTooLong"] = r => r with { DurationSeconds = 87_001 },
        ["RequestExpired"] = r => r with { ExpiresAt = Start },
        ["PriceAboveMaximum"] = r => r with { MaxPrices = r.MaxPrices with { Cpu = Some.Prices.Cpu - 1 } },
        [PlacementReasons.NoMatchingGpu] = r => r with { Resources = Larger with { GpuA = new GpuCount("0x" + new string('1', 64), 1) } },
        [PlacementReasons.ExceedsDatacenter] = r => r with { Resources = Larger with { GpuA = Larger.GpuA with { Count = 9 } } },
        ["EscrowTooLow"] = r => r with { MinNoticeSeconds = uint.MaxValue, MaxNoticeSeconds = uint.MaxValue },
        ["WorkloadDoesNotFit"] = r => r with { Resources = Larger with { CpuMilli = 900 } },
    };

    private static readonly Dictionary<string, Func<RequestTerms, RequestTerms>> Shrinking = new()
    {
        ["cpu"] = r => r with { Resources = r.Resources with { CpuMilli = 1999 } },
        ["memory"] = r => r with { Resources = r.Resources with { MemoryMiB = 4095 } },
        ["egress"] = r => r with { Resources = r.Resources with { EgressKiBps = 1023 } },
        ["fewer GPUs, more of the rest"] = r => r with { Resources = Larger with { GpuA = GpuCount.None }, SpecHash = "0x" + new string('7', 64) },
    };

    private readonly Site site = new();
    private readonly FixedPayers payers = new();
    private readonly WindowCalls windows = new();
    private BigInteger freeStake = 1_000_000;

    public static TheoryData<string> Reasons => [.. Refusals.Keys];

    public static TheoryData<string> Shrunk => [.. Shrinking.Keys];

    public AmenderTests()
    {
        site.Cluster.EnsureAsync(new MatchedLease(Lease.Id, Lease.Terms, 1), default).Wait();
        site.Cluster.Deliver(Lease.Id, Some.OtherWorkload);
        Measure(until: Start - 100);
        site.SeeChain(0, Lease);
    }

    [Fact]
    public async Task GoodAmendment_IsSigned_AtThePricesOfNow_WithTheUsageUntilNow()
    {
        var result = await AmendAsync(Wanted);
        Assert.Equal("", result.Reason);
        var terms = result.Amendment!.Terms;
        Assert.Equal((Lease.Id.Hex, 3u, 9u, Start - 100, Start + 60), (terms.LeaseId, terms.Nonce, terms.Seq, terms.Through, terms.ExpiresAt));
        Assert.Equal(UsageVector.Zero with { CpuMilliSeconds = 5000 }, terms.Usage);
        var (slice, penalty) = (terms.New.Parameters.Slice, terms.New.Parameters.Penalty);
        Assert.Equal(Some.Terms, terms.Old);
        Assert.Equal(Some.Terms with { Resources = Larger, SpecHash = Wanted.SpecHash, Parameters = Some.Parameters with { Slice = slice, Penalty = penalty } }, terms.New);
        // The stake grows as what the lease may cost does, and its penalty with it.
        var rates = (Accrual.RateCap(terms.New.Prices, terms.New.Resources, Prices.Scale), Accrual.RateCap(Some.Prices, Some.Resources, Prices.Scale));
        Assert.Equal(((Some.Parameters.Slice * rates.Item1) + rates.Item2 - 1) / rates.Item2, slice);
        Assert.Equal(Some.Parameters.Penalty * slice / Some.Parameters.Slice, penalty);
        Assert.Equal(1, Assert.Single(site.Holds.Stored).Resources.GpuA.Count);
    }

    // An administrator bounds for how long a price holds: a lease that is made longer again and again is priced anew each time.
    [Fact]
    public async Task LongestTerm_IsCountedFromNow() =>
        Assert.Equal("", (await AmendAsync(Wanted with { DurationSeconds = 87_000 })).Reason);

    // Its cap and its prices would be the new ones for all that ran since the window was closed: an hour at full size for the price of the small one.
    [Theory]
    [MemberData(nameof(Shrunk))]
    public async Task SmallerLease_IsSignedOnlyOnceWhatItHasUsedIsMeasured(string what)
    {
        List<LeaseId> called = [];
        windows.Called += called.Add;
        var request = Shrinking[what](Wanted with { Resources = Some.Resources });
        Measure(until: Start - 21);
        var refused = await AmendAsync(request);
        Assert.Equal((AmendmentReasons.WindowOpen, true), (refused.Reason, refused.Amendment is null));
        Assert.Contains("ask again", refused.Message, StringComparison.Ordinal);
        Assert.Empty(site.Holds.Stored);
        Assert.Equal([Lease.Id], called);

        Measure(until: Start - 5);
        Assert.Equal(Start - 5, (await AmendAsync(request)).Amendment!.Terms.Through);
        Assert.Single(called);
    }

    // Its object was lost: usage of nothing would be signed where the chain has settled some.
    [Fact]
    public async Task UsageBelowWhatIsSettled_IsLookedUpFirst()
    {
        Measure(until: Start - 301);
        var refused = await AmendAsync(Wanted);
        Assert.Equal((AmendmentReasons.WindowOpen, true), (refused.Reason, refused.Amendment is null));
        site.Cluster.Change(Lease.Id, s => s with { Status = LeaseStatus.New });
        Assert.Equal(AmendmentReasons.WindowOpen, (await AmendAsync(Wanted)).Reason);
        Measure(until: Start - 300);
        Assert.Equal("", (await AmendAsync(Wanted)).Reason);
    }

    // Its datacenter asks for more of new leases since; who has one does not have to agree to that.
    [Theory]
    [InlineData(59, "NoticeTooShort")]
    [InlineData(60, "")]
    public async Task NoticeThatWasAgreedOn_IsEnough(uint most, string reason)
    {
        var spec = site.Cluster.Datacenter!.Spec;
        site.Cluster.Datacenter = site.Cluster.Datacenter with { Spec = spec with { Prices = spec.Prices with { NoticeSeconds = 300 } } };
        var result = await AmendAsync(Wanted with { MaxNoticeSeconds = most });
        Assert.Equal(reason, result.Reason);
        if (reason.Length == 0) Assert.Equal(60u, result.Amendment!.Terms.New.NoticeSeconds);
    }

    // Who only asks, and does not pay, has nothing measured.
    [Fact]
    public async Task StrangerWhoWouldShrinkIt_ClosesNoWindow()
    {
        windows.Called += _ => Assert.Fail("A window was called for.");
        Assert.Equal("SignatureInvalid", (await AmendAsync(Shrinking["cpu"](Wanted), "0x00")).Reason);
    }

    [Fact]
    public async Task SmallerLease_KeepsItsStake()
    {
        Measure(until: Start - 5);
        var result = await AmendAsync(Wanted with { Resources = Some.Resources with { CpuMilli = 1000 } });
        Assert.Equal(Some.Parameters, result.Amendment!.Terms.New.Parameters);
        Assert.Empty(site.Holds.Stored);
    }

    // Less would be paid than is kept for as long as the lease lives.
    [Theory]
    [InlineData(1152, "")]
    [InlineData(1151, "VolumesLarger")]
    public async Task LeaseOfLessStorage_KeepsRoomForItsVolumes_WhateverWorkloadIsToCome(uint storage, string reason)
    {
        Measure(until: Start - 5);
        SeeDelivered(Some.VolumeWorkload);
        site.Cluster.Change(Lease.Id, s => s with { Claims = [new ClaimFact("db", "data", 512), new ClaimFact("db", "data", 512), new ClaimFact("gone", "log", 128)] });
        var result = await AmendAsync(Wanted with { Resources = Some.Resources with { StorageMiB = storage }, SpecHash = "0x" + new string('7', 64) });
        Assert.Equal((reason, reason.Length == 0), (result.Reason, result.Amendment is not null));
        Assert.Equal(reason.Length > 0, result.Message.Contains("1152 MiB", StringComparison.Ordinal));
        Assert.Empty(site.Holds.Stored);
        Assert.Equal(3, site.Cluster.Spaces[Lease.Id].Claims.Count);
    }

    // Agreed, and not final yet: it may grow before the amendment is mined.
    [Theory]
    [InlineData(512, true, "")]
    [InlineData(511, true, "VolumesLarger")]
    [InlineData(511, false, "VolumesLarger")]
    public async Task VolumeThatWaitsToGrow_CountsAsLargeAsItWillBe(uint storage, bool isAgreed, string reason)
    {
        Measure(until: Start - 5);
        if (isAgreed) SeeDelivered(Some.VolumeWorkload);
        else site.Cluster.Deliver(Lease.Id, Some.VolumeWorkload);
        site.Cluster.Change(Lease.Id, s => s with { Claims = [new ClaimFact("db", "data", 256) { CanGrow = true }] });
        var result = await AmendAsync(Wanted with { Resources = Some.Resources with { StorageMiB = storage }, SpecHash = "0x" + new string('7', 64) });
        Assert.Equal((reason, reason.Length == 0), (result.Reason, result.Amendment is not null));
    }

    // Signed first and made then, they would be used and not paid for.
    [Theory]
    [InlineData(512, true, "")]
    [InlineData(511, true, "VolumesLarger")]
    [InlineData(511, false, "VolumesLarger")]
    public async Task VolumesThatAreNotMadeYet_CountAsMade(uint storage, bool isDelivered, string reason)
    {
        Measure(until: Start - 5);
        if (isDelivered) SeeDelivered(Some.VolumeWorkload);
        else site.Cluster.Change(Lease.Id, s => s with { Claims = [] });
        var result = await AmendAsync(Wanted with { Resources = Some.Resources with { StorageMiB = storage }, SpecHash = "0x" + new string('7', 64) });
        Assert.Equal((reason, reason.Length == 0), (result.Reason, result.Amendment is not null));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task BadAmendment_IsRefusedWithItsReason_AndHoldsNothing(string reason)
    {
        var result = await AmendAsync(Refusals[reason](Wanted));
        Assert.Equal((reason, true), (result.Reason, result.Amendment is null));
        Assert.NotEmpty(result.Message);
        Assert.Empty(site.Holds.Stored);
    }

    [Theory]
    [InlineData(LeaseState.Reserved)]
    [InlineData(LeaseState.Closing)]
    public async Task LeaseThatDoesNotRun_IsTheReason(LeaseState state)
    {
        site.SeeChain(0, Lease with { Confirmed = Lease.Confirmed with { State = state } });
        Assert.Equal("LeaseNotActive", (await AmendAsync(Wanted)).Reason);
    }

    [Fact]
    public async Task LeaseOfNobody_IsUnknown()
    {
        site.SeeChain();
        Assert.Equal(AmendmentReasons.LeaseUnknown, (await AmendAsync(Wanted)).Reason);
    }

    [Fact]
    public async Task Stranger_IsRefused_BeforeTheChainIsAsked()
    {
        Assert.Equal(QuoteReasons.SignatureMissing, (await AmendAsync(Wanted, "")).Reason);
        Assert.Equal(QuoteReasons.SignatureInvalid, (await AmendAsync(Wanted, "0x02")).Reason);
    }

    [Fact]
    public async Task StakeThatIsNotFree_IsTheReason()
    {
        freeStake = 1;
        Assert.Equal("InsufficientStake", (await AmendAsync(Wanted)).Reason);
    }

    [Fact]
    public async Task DatacenterThatIsDrained_GrowsNoLease()
    {
        site.Cluster.Datacenter = site.Cluster.Datacenter! with { Spec = site.Cluster.Datacenter.Spec with { Intake = Intake.Draining } };
        Assert.Equal("Draining", (await AmendAsync(Wanted)).Reason);
    }

    private void Measure(long until) =>
        site.Cluster.Change(Lease.Id, s => s with { Status = s.Status with { Usage = UsagePosition.StartingAt(until * 1000) with { CpuNanoSeconds = 5_000_000_000UL } } });

    private void SeeDelivered(JsonElement workload)
    {
        site.SeeChain(0, Lease with { Terms = Lease.Terms with { SpecHash = Some.HashOf(workload) } });
        site.Cluster.Deliver(Lease.Id, workload);
    }

    private Task<AmendmentResult> AmendAsync(RequestTerms request, string signature = FixedPayers.Word)
    {
        var market = new FixedMarket(new MarketStanding(false, true, 0, 0, 0, 0, freeStake, 0));
        var maker = new OfferMaker(site.Cluster, market, ScriptedHook.PricerOn(site.Capacities), FakeHasher.Instance, site.Clock);
        var amender = new Amender(maker, market, payers, site.Cluster, site.Cluster, site.Amendments, windows, Some.Policy, site.Health, FakeHasher.Instance, site.Clock);
        return amender.AmendAsync(new AmendmentDemand(Lease.Id, request, signature, "192.0.2.1"), default);
    }
}
