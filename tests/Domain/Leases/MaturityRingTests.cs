using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

/// <summary>What is claimed waits one to two buckets; then it is collected, with the lease's object or without.</summary>
public sealed class MaturityRingTests
{
    private const uint Length = 100;

    [Theory]
    [InlineData(1_000, 0)]
    [InlineData(1_099, 0)]
    [InlineData(1_100, 3)]
    [InlineData(1_199, 3)]
    [InlineData(1_200, 8)]
    [InlineData(9_999, 8)]
    [InlineData(900, 0)]
    public void Matured_FollowsTheBuckets(long time, int matured) => Assert.Equal(matured, new MaturityRing(3, 5, 10).Matured(time, Length));

    [Fact]
    public void Matured_WithoutMaturity_IsAllAtOnce() => Assert.Equal(8, new MaturityRing(3, 5, 0).Matured(7, 0));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 0, 1_100)]
    [InlineData(0, 5, 1_200)]
    [InlineData(3, 5, 1_200)]
    public void MaturedAt_IsWhenOneCollectPaysAll(int old, int young, long at)
    {
        var ring = new MaturityRing(old, young, 10);
        Assert.Equal(at, ring.MaturedAt(Length));
        if (at == 0) return;
        Assert.Equal(ring.Pending, ring.Matured(at, Length));
        Assert.NotEqual(ring.Pending, ring.Matured(at - 1, Length));
    }

    [Fact]
    public void Paid_IsWhatIsNeitherPendingNorFrozenNorDisallowed()
    {
        var lease = ChainLease.Unknown with { Claimed = 100, Ring = new MaturityRing(1, 2, 0), Frozen = 4, Disallowed = 8 };
        Assert.Equal(85, lease.Paid);
    }

    [Fact]
    public void Closed_CollectsOnceAllHasMatured_ThenFreesTheSlice()
    {
        var bucket = (uint)(FakeClock.StartMs / 1000 / Some.Terms.Parameters.MaturitySeconds);
        var pending = ALease.Closed().With(claimed: 9).WithChain(l => l with { Ring = new MaturityRing(4, 5, bucket) });
        Assert.Empty(pending.After(120).Decide().Intents);
        Assert.IsType<CollectIntent>(Assert.Single(pending.After(240).Decide().Intents));
        Assert.IsType<CollectIntent>(Assert.Single(ALease.Closed().After(240).Decide().Intents));
        Assert.Empty(ALease.Closed().WithChain(l => l with { IsSliceFreed = true }).After(240).Decide().Intents);
        Assert.Empty(ALease.Closed().WithChain(l => l with { Frozen = 1 }).After(240).Decide().Intents);
        Assert.Empty(ALease.Closed().WithChain(l => l with { Slashed = Some.Terms.Parameters.Slice }).After(240).Decide().Intents);
    }

    [Fact]
    public void Closed_IsLookedAtWhenItsClaimsMature()
    {
        var bucket = (uint)(FakeClock.StartMs / 1000 / Some.Terms.Parameters.MaturitySeconds);
        var decision = ALease.Closed().With(claimed: 9).WithChain(l => l with { Ring = new MaturityRing(9, 0, bucket) }).After(100).Decide();
        Assert.Equal((bucket + 1L) * Some.Terms.Parameters.MaturitySeconds * 1000, decision.NextLookMs);
    }

    [Fact]
    public void Closed_WhatIsPending_KeepsNoNamespace()
    {
        var lease = ALease.Closed().With(claimed: 9).WithChain(l => l with { Ring = new MaturityRing(0, 9, uint.MaxValue) });
        Assert.IsType<RemoveNamespace>(Assert.Single(lease.WithStatus(s => s with { ClosedAtMs = 1 }).Decide().Effects));
    }

    [Fact]
    public void Active_ThatIsSettled_NeedsNoCollect_AndOneThatStandsStillDoes()
    {
        var bucket = (uint)(FakeClock.StartMs / 1000 / Some.Terms.Parameters.MaturitySeconds);
        var lease = ALease.Active().Running().With(claimed: 10).WithChain(l => l with { Ring = new MaturityRing(0, 10, bucket) });
        Assert.IsType<SettleIntent>(Assert.Single(lease.Measured(490, 100).After(500).Decide().Intents));
        Assert.IsType<CollectIntent>(Assert.Single(lease.Measured(490, 0).After(500).Decide().Intents));
        Assert.Empty(lease.Measured(240, 0).After(240).Decide().Intents);
    }

    [Fact]
    public void Frozen_IsSaidInSettled()
    {
        var settled = ALease.Active().Running().With(claimed: 10).WithChain(l => l with { Frozen = 4 }).Measured(10, 0).Decide().Status.Conditions.Single(c => c.Type == "Settled");
        Assert.Equal((ConditionStatus.False, "InDispute"), (settled.Status, settled.Reason));
        Assert.Contains("4 of what was claimed", settled.Message, StringComparison.Ordinal);
    }
}
