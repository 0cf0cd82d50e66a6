using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Domain.Tests.Placement;

public sealed class HoldRulesTests
{
    private static readonly HoldLimits Limits = new(PerPayer: 2, PerCaller: 3, Total: 5, Grace: 300);

    [Fact]
    public void Hold_LastsUntilTheChainWasReadPastItsEnd()
    {
        var hold = Of("a", 100);
        Assert.False(IsOver(hold, blockTime: 100, readAt: 399));
        Assert.True(IsOver(hold, blockTime: 101, readAt: 0));
        Assert.False(IsOver(hold, blockTime: 50, readAt: 400));
        Assert.True(IsOver(hold, blockTime: 50, readAt: 401));
    }

    [Fact]
    public void Hold_WhoseLeaseTheNewestBlockHas_IsNotEndedByTheClock()
    {
        var hold = Of("a", 100, 1, 2);
        Assert.False(IsOver(hold, blockTime: 50, readAt: 10_000, 2));
        Assert.True(IsOver(hold, blockTime: 50, readAt: 10_000, 3));
        // A confirmed block past its expiry knows all of its leases.
        Assert.True(IsOver(hold, blockTime: 101, readAt: 10_000, 2));
        Assert.Equal((false, true, false), (IsDoubted(hold, 50, 400), IsDoubted(hold, 50, 401), IsDoubted(hold, 101, 401)));
    }

    [Fact]
    public void OneLease_EndsOneHoldOfItsRequest_AndIsStruckFromTheOthers()
    {
        Hold[] holds = [Of("b", 120, 1, 2, 3), Of("a", 100, 1, 2, 3), Of("c", 110, 9)];
        var (open, matched) = HoldRules.Match(holds, Ids(2));
        Assert.Equal(["b", "c"], open.Select(h => h.Id));
        Assert.Equal([Id(1), Id(3)], open[0].Leases);
        Assert.Equal("a", matched[Id(2)].Id);

        // The same lease, looked at again once its hold is gone, ends no second one.
        Assert.Equal(open, HoldRules.Match(open, Ids(2)).Open);
        Assert.Empty(HoldRules.Match(open, Ids(2)).Matched);
    }

    [Fact]
    public void NoLease_LeavesAllAsTheyAre() => Assert.Equal(2, HoldRules.Match([Of("a", 1, 1), Of("b", 2, 2)], Ids(5)).Open.Count);

    [Fact]
    public void Request_NeedsNoMoreHoldsThanItHasFills()
    {
        Hold[] open = [Of("a", 120), Of("b", 100), Of("c", 50) with { Request = "other" }];
        Assert.Equal("b", HoldRules.Reusable(open, "r", 2)!.Id);
        Assert.Null(HoldRules.Reusable(open, "r", 3));
        Assert.Null(HoldRules.Reusable(open, "new", 1));
    }

    [Fact]
    public void Limits_AreThePayersFirst_ThenItsAddresss()
    {
        Hold[] open = [Of("a", 1), Of("b", 1)];
        Assert.Contains("one payer", HoldRules.Refuse(open, Asker("0xTENANT", "far"), Limits)!.Message, StringComparison.Ordinal);
        Assert.Null(HoldRules.Refuse(open, Asker("0xother", "near"), Limits));
        open = [.. open, Of("c", 1) with { Payer = "0xthird" }];
        Assert.Contains("network address", HoldRules.Refuse(open, Asker("0xother", "near"), Limits)!.Message, StringComparison.Ordinal);
        Assert.Null(HoldRules.Refuse(open, Asker("0xother", "far"), Limits));
        open = [.. open, Of("d", 1) with { Caller = "d" }, Of("e", 1) with { Caller = "e" }];
        Assert.Equal(PlacementReasons.HoldsExhausted, HoldRules.Refuse(open, Asker("0xother", "far"), Limits)!.Reason);
    }

    [Fact]
    public void Money_IsTakenByEveryOpenQuoteOfItsPayer()
    {
        Hold[] open = [Of("a", 1) with { Deposit = 60 }, Of("b", 1) with { Deposit = 1000, Payer = "0xother" }];
        Assert.Null(HoldRules.RefuseUnfunded(open, null, Asker("0xTenant", "far"), 40));
        Assert.Equal(PlacementReasons.FundsTooLow, HoldRules.RefuseUnfunded(open, null, Asker("0xTenant", "far"), 41)!.Reason);
        Assert.Null(HoldRules.RefuseUnfunded(open, open[0], Asker("0xTenant", "far"), 100));
        Assert.Equal(PlacementReasons.FundsTooLow, HoldRules.RefuseUnfunded(open, open[0], Asker("0xTenant", "far"), 101)!.Reason);
    }

    [Fact]
    public void Money_ThatAMatchTook_IsNotTakenAgain()
    {
        var asker = Asker("0xTenant", "far");
        Hold[] open = [Of("a", 1, 1, 2) with { Deposit = 60 }, Of("b", 2, 1, 2) with { Deposit = 60 }];
        Assert.NotNull(HoldRules.RefuseUnfunded(open, null, asker, 40));
        // Two quotes of one Request with two fills: one of them is a lease now.
        Assert.Null(HoldRules.RefuseUnfunded(open, null, asker with { Matched = Ids(2) }, 40));
        Assert.NotNull(HoldRules.RefuseUnfunded(open, null, asker with { Matched = Ids(2) }, 41));
        Assert.Null(HoldRules.RefuseUnfunded(open, null, asker with { Matched = Ids(1, 2) }, 100));
        Assert.NotNull(HoldRules.RefuseUnfunded(open, null, asker with { Matched = Ids(9) }, 40));
    }

    [Fact]
    public void Bids_HaveLimitsOfTheirOwn()
    {
        Hold[] open = [Of("a", 1) with { IsBid = true }, Of("b", 1) with { IsBid = true }, Of("c", 1) with { IsBid = true }];
        Assert.Null(HoldRules.Refuse(open, Asker("0xTenant", "near"), Limits));
        Assert.Equal(PlacementReasons.TooManyBids, HoldRules.RefuseBid(open, 3, Limits)!.Reason);
        Assert.Null(HoldRules.RefuseBid(open, 4, Limits));
        Assert.Equal(PlacementReasons.HoldsExhausted, HoldRules.RefuseBid([.. open, Of("d", 1), Of("e", 1)], 9, Limits)!.Reason);
        Assert.Null(HoldRules.Reusable(open, "r", 1));
        Assert.Equal("a", HoldRules.Reusable(open, "r", 1, isBid: true)!.Id);
    }

    private static bool IsOver(Hold hold, long blockTime, long readAt, params int[] young) => HoldRules.IsOver(hold, new ChainSight(blockTime, readAt), Limits, Ids(young));

    private static bool IsDoubted(Hold hold, long blockTime, long readAt) => HoldRules.IsDoubted(hold, new ChainSight(blockTime, readAt), Limits);

    private static Asker Asker(string payer, string caller) => new(payer, caller, 100);

    private static Hold Of(string id, long expires, params int[] leases) =>
        new(id, "r", "0xtenant", Resources.None, [], expires, [.. leases.Select(Id)]) { Caller = "near" };

    private static HashSet<LeaseId> Ids(params int[] numbers) => [.. numbers.Select(Id)];

    private static LeaseId Id(int number) => LeaseId.Parse($"0x{number:x64}");
}
