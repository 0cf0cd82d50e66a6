using Federation.Application.Bidding;
using Federation.Application.Ports;

namespace Federation.Application.Tests.Bidding;

public sealed class BidRulesTests
{
    private const string Own = "0xAB";

    [Theory]
    [InlineData(699, false, BidStep.Wait)] // too early: the capacity would be bound for nothing
    [InlineData(700, false, BidStep.Bid)]
    [InlineData(1000, false, BidStep.Bid)]
    [InlineData(1000, true, BidStep.Wait)]
    [InlineData(1001, false, BidStep.Wait)] // a bid may be in a block that was not seen yet
    [InlineData(1061, false, BidStep.Over)]
    [InlineData(1005, true, BidStep.Wait)]
    [InlineData(1006, true, BidStep.Award)]
    [InlineData(4600, true, BidStep.Award)]
    [InlineData(4601, true, BidStep.Over)]
    public void Step_FollowsTheClockAndTheBids(long now, bool hasBid, BidStep step) =>
        Assert.Equal(step, BidRules.Decide(State(hasBid ? ["0xab", "0xcd"] : ["0xcd"]), Own, now));

    [Fact]
    public void Award_IsTheCheapestBiddersFirst()
    {
        Assert.Equal(BidStep.Wait, BidRules.Decide(State("0xcd", "0xef", "0xab"), Own, 1015));
        Assert.Equal(BidStep.Award, BidRules.Decide(State("0xcd", "0xef", "0xab"), Own, 1016));
    }

    [Fact]
    public void WhatIsNotPostedOrHoldsNothing_IsOver()
    {
        Assert.Equal(BidStep.Over, BidRules.Decide(PostState.Unknown, Own, 900));
        Assert.Equal(BidStep.Over, BidRules.Decide(State("0xab") with { Held = 0 }, Own, 900));
    }

    [Theory]
    [InlineData(1000, false, true, false)] // may still be on its way
    [InlineData(1001, false, true, true)]
    [InlineData(1001, true, true, false)]
    [InlineData(900, true, false, true)] // withdrawn
    public void Bid_IsOver_WhenNoLeaseCanComeOfIt(long blockTime, bool isPlaced, bool isHeld, bool isOver) =>
        Assert.Equal(isOver, BidRules.IsOver(State(isPlaced ? ["0xab"] : []) with { Held = isHeld ? 10 : 0 }, Own, blockTime));

    [Fact]
    public void Bid_ForWhatIsNotPosted_AsFarAsTheChainWasRead_IsNotOver() => Assert.False(BidRules.IsOver(PostState.Unknown, Own, 5_000));

    private static PostState State(params string[] providers) => new(1000, 4600, 10, [.. providers.Select(p => new PlacedBid("0x1", p))]);
}
