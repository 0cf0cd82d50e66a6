using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Tests.Bidding;

/// <summary>Many posts at once, of which most are junk.</summary>
public sealed partial class BidderTests
{
    [Fact]
    public async Task PostsWithoutADepositWorthTheName_AreNotLookedAt()
    {
        for (var i = 0; i < 100; i++) posts.Post(Request(100 + i, 1) with { Deposit = 1 }, 60);
        var real = posts.Post(Request(1, 1), 90);
        await PassAsync();
        Assert.Equal(real.Hash, Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10))).Offer.RequestHash);
        Assert.Equal(1, posts.MostReadAtOnce);
    }

    [Fact]
    public async Task RefusedPosts_GiveTheirTurnToTheOthers()
    {
        PostJunk(100, seconds: 60);
        var real = posts.Post(Request(1, 1), 90);
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        await PassAsync();
        Assert.Equal(real.Hash, Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10))).Offer.RequestHash);
    }

    [Fact]
    public async Task WhatWasBidFor_StaysWanted_AndIsAwarded_HoweverMuchElseIsPosted()
    {
        posts.Post(Request(1, 1), 90);
        await PassAsync();
        PostJunk(200, seconds: 60);
        for (var pass = 0; pass < 5; pass++) await PassAsync();
        Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10)));
        Send();
        site.Clock.Advance(TimeSpan.FromSeconds(100));
        PostJunk(200, seconds: 60);
        await PassAsync();
        Assert.IsType<AwardIntent>(Assert.Single(outbox.Due(10)));
    }

    // A book that is full keeps those that hold most: who wants one left out has to lock as much in each of a thousand others.
    [Fact]
    public async Task ManyPosts_AreBoundedInAPass_AndTheOneLeftOutIsFoundAgain()
    {
        for (var i = 0; i < 1_099; i++) posts.Post(Request(100 + i, 9) with { Deposit = Rich + i }, 60 + (i % 60));
        var least = posts.Post(Request(1, 1), 600);
        await PassAsync();
        Assert.False(book.Knows(least.Hash));
        for (var seconds = 0; seconds < 590 && outbox.Due(10).Count == 0; seconds += 10)
        {
            site.Clock.Advance(TimeSpan.FromSeconds(10));
            await PassAsync();
        }

        Assert.Equal(least.Hash, Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10))).Offer.RequestHash);
        Assert.Equal(64, posts.MostReadAtOnce);
    }

    // Else the same money would fill the book many times over.
    [Fact]
    public async Task WithdrawnPosts_TakeNoPlace()
    {
        foreach (var junk in PostJunk(1_100, seconds: 60)) posts.Withdraw(junk.Hash);
        posts.Post(Request(1, 1), 90);
        await PassAsync();
        Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10)));
        Assert.Equal(1, posts.MostReadAtOnce);
    }

    [Fact]
    public async Task WhatWasRefusedByThePriceBook_IsReadAgainWhenThatChanges()
    {
        posts.Post(Request(1, 1), 60);
        Allow(new BidPolicy(MaxOpen: 4, SharePercent: 100), Intake.Paused);
        await PassAsync();
        Assert.Empty(outbox.Due(10));
        Allow(new BidPolicy(MaxOpen: 4, SharePercent: 100));
        await PassAsync();
        Assert.IsType<BidIntent>(Assert.Single(outbox.Due(10)));
    }

    // They fit on no node, which is not known before they are looked at.
    private PostedRequest[] PostJunk(int count, long seconds) =>
        [.. Enumerable.Range(0, count).Select(_ => posts.Post(Request(++junk, 9) with { Deposit = Rich }, seconds))];
}
