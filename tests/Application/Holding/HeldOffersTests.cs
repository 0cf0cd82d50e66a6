using Federation.Application.Quoting;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Builders;
using static Federation.Application.Tests.Holding.Site;

namespace Federation.Application.Tests.Holding;

public sealed class HeldOffersTests
{
    private readonly Site site = new();

    [Fact]
    public async Task Quote_HoldsItsCapacity_UntilTheChainHasPassedIt()
    {
        site.SeeChain();
        Assert.NotNull((await site.QuoteAsync(site.Request(1, 6))).Offer);
        Assert.Equal(PlacementReasons.Held, await ReasonAsync(2, 3));
        Assert.NotNull((await site.QuoteAsync(site.Request(3, 2))).Offer);

        // Our clock says that it is over; a block that could still hold a match was not read yet.
        site.Clock.Advance(TimeSpan.FromSeconds(61));
        site.SeeChain(behind: 5);
        Assert.Equal(PlacementReasons.Held, await ReasonAsync(4, 3));
        site.SeeChain();
        Assert.Equal("", await ReasonAsync(5, 8));
        Assert.Equal(8, Assert.Single(site.Holds.Stored).Resources.GpuA.Count);
    }

    // 64 confirmations of 12 s take longer than the grace.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MatchOfTheLastSecond_UnderDeepConfirmations_FindsItsCapacity(bool isReorged)
    {
        const int Behind = 64 * 12;
        site.SeeChain(Behind);
        var request = site.Request(1, 6);
        await site.QuoteAsync(request);
        site.Clock.Advance(TimeSpan.FromSeconds(60));
        site.Chain.Match(LeaseOf(request), Some.Terms, Some.Request.Deposit);
        for (var block = 0; block < 60; block++)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(12));
            site.Chain.Mine();
            site.SeeChain(Behind);
            Assert.Equal(PlacementReasons.Held, await ReasonAsync(100 + block, 3));
        }

        site.Chain.IsDown = true;
        site.Chain.Mine();
        site.SeeChain(Behind);
        Assert.Equal(PlacementReasons.Held, await ReasonAsync(200, 3));
        site.Chain.IsDown = false;

        if (isReorged) site.Chain.Blocks.Reorg(64);
        site.SeeChain(Behind, isReorged ? [] : [View(request, LeaseState.Reserved)]);
        Assert.Equal(isReorged ? "" : PlacementReasons.NotEnoughGpu, await ReasonAsync(201, 3));
    }

    [Fact]
    public async Task OneThatNobodyMatched_EndsByTheClock_WhereTheChainStandsStill()
    {
        site.SeeChain();
        await site.QuoteAsync(site.Request(1, 6));
        site.Clock.Advance(TimeSpan.FromSeconds(361));
        site.SeeChain(behind: 361);
        Assert.Equal("", await ReasonAsync(2, 3));
    }

    [Fact]
    public async Task BeforeTheChainIsRead_NothingIsPromised()
    {
        Assert.Equal("ChainUnavailable", await ReasonAsync(1, 1));
        Assert.Equal(0, site.Holds.Writes);
    }

    [Fact]
    public async Task Holds_SurviveARestart()
    {
        site.SeeChain();
        await site.QuoteAsync(site.Request(1, 6));
        site.Restart();
        site.SeeChain();
        Assert.Equal(PlacementReasons.Held, await ReasonAsync(2, 3));
    }

    [Fact]
    public async Task Match_MakesTheHoldTheLeases_OnTheSameNodes()
    {
        site.Cluster.Nodes = [Some.Node("node-a", 4), Some.Node("node-b", 4)];
        site.SeeChain();
        var request = site.Request(1, 4);
        await site.QuoteAsync(request);
        var shares = site.Holds.Stored[0].Shares;
        var view = View(request, LeaseState.Reserved);
        await site.Cluster.EnsureAsync(new MatchedLease(view.Id, view.Terms, 1), default);
        site.Clock.Advance(TimeSpan.FromSeconds(61));
        site.SeeChain(0, view);

        await site.Reporter.PassAsync(default);
        Assert.Empty(site.Holds.Stored);
        Assert.Equal(shares, site.Cluster.Spaces[view.Id].Reserved);
        site.Restart();
        site.SeeChain(0, view);
        Assert.True((await site.Capacities.FindAsync(view.Id, default))!.Fits);
        Assert.Equal(PlacementReasons.NotEnoughGpu, await ReasonAsync(2, 5));
        Assert.Equal("", await ReasonAsync(3, 4));
        Assert.NotEqual(shares[0].Node, Assert.Single(Assert.Single(site.Holds.Stored).Shares).Node);
    }

    // Its object could not be written, or somebody deleted it: it is owed all the same.
    [Fact]
    public async Task LeaseWithoutAnObject_KeepsItsCapacity_AndItsHold()
    {
        site.SeeChain();
        var request = site.Request(1, 6);
        await site.QuoteAsync(request);
        var view = View(request, LeaseState.Reserved);
        site.Clock.Advance(TimeSpan.FromSeconds(61));
        site.Health.IsPollDue(TimeSpan.Zero);
        site.Health.ChainSeen(new Application.Watching.ChainPicture(new LedgerHead(1, 1, site.Clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), [])
        {
            Unwritten = [new MatchedLease(view.Id, view.Terms, 1)],
        });
        await site.Reporter.PassAsync(default);
        Assert.Single(site.Holds.Stored);
        Assert.Equal(PlacementReasons.NotEnoughGpu, await ReasonAsync(2, 3));
        Assert.Equal("", await ReasonAsync(3, 2));
    }

    // Row 21: a lease could be neither activated nor settled.
    [Theory]
    [InlineData("The remote signer does not answer.", null, 1_000, QuoteReasons.SignerUnavailable, "SignerReady")]
    [InlineData(null, "ConfigMap federation/federation-journal cannot be read.", 1_000, QuoteReasons.JournalUnreadable, "JournalReadable")]
    [InlineData(null, null, 9, QuoteReasons.WalletEmpty, "WalletFunded")]
    public async Task KeyCannotSend_NothingIsPromised_UntilItCan(string? problem, string? unread, int wei, string reason, string condition)
    {
        site.SeeChain();
        var able = site.Sender.Standing;
        site.Sender.Standing = able with { SignerProblem = problem, Balance = wei, JournalProblem = unread };
        await site.Reporter.PassAsync(default);
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(reason, await ReasonAsync(1, 1));
        await site.Reporter.PassAsync(default);
        var said = site.Cluster.Report!.Conditions;
        Assert.Equal(reason, Assert.Single(said, c => c.Type == condition && c.Status == ConditionStatus.False).Reason);
        Assert.Contains($"see {condition}", Assert.Single(said, c => c.Type == "Ready").Message, StringComparison.Ordinal);

        site.Sender.Standing = able;
        await site.Reporter.PassAsync(default);
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("", await ReasonAsync(1, 1));
        Assert.All(site.Cluster.Report!.Conditions.Where(c => c.Type is "SignerReady" or "WalletFunded" or "JournalReadable"), c => Assert.Equal(ConditionStatus.True, c.Status));
    }

    // An Offer would end on chain at another time than its hold here: one capacity would be promised to two.
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task ClockIsWrong_NothingIsPromised_AndWhatWasStaysHeld(int hours)
    {
        site.SeeChain();
        var request = site.Request(1, 6);
        await site.QuoteAsync(request);
        site.Machine.Ahead = TimeSpan.FromHours(hours);
        site.Clock.Advance(TimeSpan.FromSeconds(50));
        site.SeeChain(behind: 40);
        Assert.Equal(QuoteReasons.ClockDiffers, await ReasonAsync(2, 1));
        Assert.Equal(QuoteReasons.ClockDiffers, (await site.QuoteAsync(request)).Reason);
        await site.Reporter.PassAsync(default);
        Assert.Single(site.Holds.Stored);
        Assert.Contains(site.Cluster.Report!.Conditions, c => c is { Type: "ClockAgrees", Status: ConditionStatus.False });
        site.Machine.Ahead = default;
        site.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PlacementReasons.Held, await ReasonAsync(2, 3));
        Assert.Equal("", await ReasonAsync(3, 2));
    }

    [Fact]
    public async Task ManyQuotesAtOnce_ShareWhatThereIs()
    {
        site.SeeChain();
        var all = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() => site.QuoteAsync(site.Request(i, 1, $"0x{i}")))));
        Assert.Equal(Devices, all.Count(q => q.Offer is not null));
        Assert.Equal(Devices, site.Holds.Stored.Count);
        Assert.All(all.Where(q => q.Offer is null), q => Assert.Equal(PlacementReasons.Held, q.Reason));
    }

    [Fact]
    public async Task SomebodyElseWritesFirst_TheQuoteIsPlacedAnew()
    {
        site.SeeChain();
        var other = site.Holds.Open();
        var isFirst = true;
        site.Holds.BeforeWrite = () =>
        {
            if (!isFirst) return;
            isFirst = false;
            var seen = other.ReadAsync(true, default).Result;
            Assert.True(other.TryWriteAsync(seen, [new Hold("x", "0xr", "0xt", site.Request(9, 6).Resources, [], site.Clock.NowSeconds + 60, [])], default).Result);
        };
        Assert.Equal(PlacementReasons.Held, await ReasonAsync(1, 3));
        Assert.Equal("", await ReasonAsync(2, 2));
    }

    [Fact]
    public async Task LaterTerm_TakesOver_AndTheOldOnePromisesNothingMore()
    {
        site.SeeChain();
        await site.QuoteAsync(site.Request(1, 1));
        var old = site.Offers;
        site.Restart(term: 2);
        site.SeeChain();
        Assert.Equal("", await ReasonAsync(2, 1));
        var offer = Some.Offer with { ExpiresAt = site.Clock.NowSeconds + 60, Salt = 77 };
        var refusal = await Assert.ThrowsAsync<ClusterException>(() => old.SignAsync(offer, site.Request(3, 1), site.AskerOf(site.Request(3, 1)), default));
        Assert.Equal("TermOver", refusal.Reason);
    }

    [Fact]
    public async Task AskingAgain_HoldsNothingTwice_AndRarelyWrites()
    {
        site.SeeChain();
        var request = site.Request(1, 6);
        await site.QuoteAsync(request);
        for (var i = 0; i < 10; i++)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(1));
            site.SeeChain();
            Assert.NotNull((await site.QuoteAsync(request)).Offer);
        }

        Assert.True(Assert.Single(site.Holds.Stored).ExpiresAt >= site.Clock.NowSeconds + 60);
        Assert.Equal(2, site.Holds.Writes);
    }

    [Fact]
    public async Task RequestOfTwoLeases_HoldsTwice_AndALeaseEndsOne()
    {
        site.SeeChain();
        var request = site.Request(1, 2, fills: 2);
        for (var i = 0; i < 3; i++) Assert.NotNull((await site.QuoteAsync(request)).Offer);
        Assert.Equal(2, site.Holds.Stored.Count);
        site.SeeChain(0, View(request, LeaseState.Active, index: 1));
        Assert.Equal(4, await FreeAsync());
        site.SeeChain(0, View(request, LeaseState.Active, index: 1), View(request, LeaseState.Active, index: 0));
        Assert.Equal(4, await FreeAsync());
        Assert.Equal("RequestFilled", (await site.QuoteAsync(request)).Reason);
    }

    [Fact]
    public async Task Limits_AreSaid_BeforeAnythingIsSigned()
    {
        var few = new Site(new HoldLimits(PerPayer: 2, PerCaller: 9, Total: 3, Grace: 300));
        few.SeeChain();
        for (var i = 1; i <= 2; i++) await few.QuoteAsync(few.Request(i, 1));
        Assert.Equal(PlacementReasons.TooManyQuotes, (await few.QuoteAsync(few.Request(3, 2))).Reason);
        Assert.Equal(2, few.Signer.Signed);
        Assert.NotNull((await few.QuoteAsync(few.Request(4, 1, "0xother"))).Offer);
        Assert.Equal(PlacementReasons.HoldsExhausted, (await few.QuoteAsync(few.Request(5, 2, "0xthird"))).Reason);
        Assert.Equal(3, few.Signer.Signed);
    }

    // A limit that is changed while the operator runs takes nothing back that was promised, whatever is held already.
    [Fact]
    public async Task LimitThatIsLowered_CountsForTheNextOne_AndOffersThatWereGivenStand()
    {
        var limits = new Live<HoldLimits>(new HoldLimits(PerPayer: 2, PerCaller: 9, Total: 9, Grace: 300));
        var few = new Site(limits);
        few.SeeChain();
        Assert.NotNull((await few.QuoteAsync(few.Request(1, 1))).Offer);
        Assert.NotNull((await few.QuoteAsync(few.Request(2, 1))).Offer);
        limits.Set(new HoldLimits(PerPayer: 1, PerCaller: 9, Total: 9, Grace: 300));
        Assert.Equal(PlacementReasons.TooManyQuotes, (await few.QuoteAsync(few.Request(3, 1))).Reason);
        Assert.Equal(2, few.Holds.Stored.Count);
        Assert.NotNull((await few.QuoteAsync(few.Request(1, 1))).Offer);
        limits.Set(new HoldLimits(PerPayer: 3, PerCaller: 9, Total: 9, Grace: 300));
        Assert.NotNull((await few.QuoteAsync(few.Request(3, 1))).Offer);
    }

    // A key costs nothing, so one that names itself anew each time is told by where it asks from.
    [Fact]
    public async Task InventedPayers_ShareTheirCallersPart()
    {
        var few = new Site(new HoldLimits(PerPayer: 2, PerCaller: 3, Total: 9, Grace: 300));
        few.SeeChain();
        for (var i = 1; i <= 3; i++) Assert.NotNull((await few.QuoteAsync(few.Request(i, 1, $"0x{i}"))).Offer);
        Assert.Equal(PlacementReasons.TooManyQuotes, (await few.QuoteAsync(few.Request(4, 1, "0x4"))).Reason);
        few.Caller = "192.0.2.2";
        Assert.NotNull((await few.QuoteAsync(few.Request(4, 1, "0x4"))).Offer);
        few.Restart();
        few.SeeChain();
        few.Caller = "192.0.2.1";
        Assert.Equal(PlacementReasons.TooManyQuotes, (await few.QuoteAsync(few.Request(5, 2, "0x5"))).Reason);
    }

    [Fact]
    public async Task Money_CountsOnce_AndAlsoForWhoAsksAgain()
    {
        site.SeeChain();
        site.Funds = (Some.Request.Deposit * 2) + 1;
        for (var i = 1; i <= 2; i++) Assert.NotNull((await site.QuoteAsync(site.Request(i, i))).Offer);
        Assert.Equal(PlacementReasons.FundsTooLow, (await site.QuoteAsync(site.Request(3, 3))).Reason);
        Assert.Equal(2, site.Signer.Signed);
        Assert.NotNull((await site.QuoteAsync(site.Request(3, 3, "0xother"))).Offer);
        Assert.NotNull((await site.QuoteAsync(site.Request(1, 1))).Offer);

        site.Funds = Some.Request.Deposit;
        Assert.Equal(PlacementReasons.FundsTooLow, (await site.QuoteAsync(site.Request(1, 1))).Reason);
    }

    [Fact]
    public async Task Sponsor_IsWhoseQuotesAndMoneyCount()
    {
        var few = new Site(new HoldLimits(PerPayer: 1, PerCaller: 9, Total: 9, Grace: 300));
        few.SeeChain();
        Assert.NotNull((await few.QuoteAsync(few.Request(1, 1) with { Sponsor = Some.Provider })).Offer);
        Assert.Equal(Some.Provider, Assert.Single(few.Holds.Stored).Payer);
        Assert.NotNull((await few.QuoteAsync(few.Request(2, 2))).Offer);
        Assert.Equal(PlacementReasons.TooManyQuotes, (await few.QuoteAsync(few.Request(3, 3, "0xother") with { Sponsor = Some.Provider })).Reason);
    }

    [Fact]
    public async Task Status_TellsWhoHasWhat_AndIsWrittenOnlyWhenThatChanges()
    {
        site.SeeChain();
        var request = site.Request(1, 2);
        await site.QuoteAsync(site.Request(2, 3));
        site.SeeChain(0, View(request, LeaseState.Active));
        await site.Reporter.PassAsync(default);
        Assert.Equal(new ClassCapacity(Some.GpuClass, 8, 3, 2, 3), site.Cluster.Report!.Capacity![^1]);
        var writes = site.Cluster.Writes.Count;
        await site.Reporter.PassAsync(default);
        Assert.Equal((writes, 1), (site.Cluster.Writes.Count, site.Holds.Writes));
    }

    private async Task<string> ReasonAsync(int number, int gpus) => (await site.QuoteAsync(site.Request(number, gpus, $"0x{number}"))).Reason;

    private async Task<long> FreeAsync() => (await site.Capacities.ReadAsync(false, default))!.Book.Classes()[^1].Free;
}
