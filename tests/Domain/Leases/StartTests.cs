using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Settlement;
using Federation.Domain.Workloads;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

/// <summary>A workload that never starts is closed after its time, by the provider, unpaid; what the datacenter itself is to blame for never counts.</summary>
public sealed class StartTests
{
    private const long Began = FakeClock.StartMs / 1000;

    private static readonly PodProblem Pull = new("ImagePullBackOff", "no such image");

    [Fact]
    public void PodThatHasItsPlaceAndDoesNotStart_IsCountedFromThen_AndItsTenantIsTold()
    {
        var decision = Stuck().After(100).Decide();
        Assert.Equal((Began + 100, false), (decision.Status.StartingSince, decision.Status.HasStarted));
        Assert.Empty(decision.Intents);
        var ready = Ready(decision);
        Assert.Equal("ImagePullBackOff", ready.Reason);
        Assert.Contains($"If nothing has started by {DateTimeOffset.FromUnixTimeSeconds(Began + 1000):u}", ready.Message, StringComparison.Ordinal);
        // And goes on being counted from then.
        Assert.Equal(Began + 100, Later(decision, Stuck(), 500).Decide().Status.StartingSince);
    }

    [Theory]
    [InlineData(999, false)]
    [InlineData(1000, true)]
    public void AtTheEndOfItsTime_TheProviderGivesNotice(long seconds, bool closes)
    {
        var decision = Later(Stuck().After(100).Decide(), Stuck(), seconds).Decide();
        if (!closes) Assert.Empty(decision.Intents);
        else Assert.Equal(CloseReason.Provider, Assert.IsType<CloseIntent>(Assert.Single(decision.Intents)).Expected);
        Assert.Equal(closes ? "NeverStarted" : "ImagePullBackOff", Ready(decision).Reason);
    }

    [Fact]
    public void TagThatCannotBeTold_IsCountedWithoutAPod()
    {
        var waiting = ALease.Active().WithWorkload().WithImages(new ImageNews(null, false, new ImageProblem("ImageNotFound", "no such tag."))).WithStart(900);
        var decision = waiting.After(10).Decide();
        Assert.Equal(Began + 10, decision.Status.StartingSince);
        Assert.IsType<CloseIntent>(Assert.Single(Later(decision, waiting, 910).Decide().Intents));
    }

    /// <summary>A pull that never ends is no problem that the kubelet tells of.</summary>
    [Fact]
    public void PullThatNeverEnds_IsCountedToo() =>
        Assert.IsType<CloseIntent>(Assert.Single(Later(Stuck(problem: null).After(0).Decide(), Stuck(problem: null), 900).Decide().Intents));

    [Fact]
    public void NodeThatIsLost_IsNotCounted_AndItBeginsAnewAfterwards()
    {
        var counted = Stuck().After(100).Decide();
        var between = Later(counted, Stuck(new PodProblem("NodeLost", "no room")), 800).Decide();
        Assert.Equal(0, between.Status.StartingSince);
        var after = Later(between, Stuck(), 1100).Decide();
        Assert.Empty(after.Intents);
        Assert.Equal(Began + 1100, after.Status.StartingSince);
    }

    /// <summary>A datacenter that has no place for it keeps nobody's escrow for the whole term: the tenant is not to blame.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NoPlaceForAllOfIt_IsCounted_AndItsTenantIsToldWhy(bool hasPods)
    {
        var waiting = hasPods ? Stuck(new PodProblem("Unschedulable", "0/2 nodes are available"), node: null) : ALease.Active().WithWorkload().WithStart(900).WithPlace(NoRoom);
        var decision = waiting.After(100).Decide();
        Assert.Equal(Began + 100, decision.Status.StartingSince);
        Assert.Empty(decision.Intents);
        var ready = Ready(decision);
        Assert.Equal(hasPods ? "Unschedulable" : PlacementReasons.NotEnoughGpu, ready.Reason);
        Assert.Contains($"If nothing has started by {DateTimeOffset.FromUnixTimeSeconds(Began + 1000):u}", ready.Message, StringComparison.Ordinal);

        var over = Later(decision, waiting, 1000).Decide();
        Assert.Equal(CloseReason.Provider, Assert.IsType<CloseIntent>(Assert.Single(over.Intents)).Expected);
        Assert.StartsWith("This datacenter had no place for the whole workload for 900 s", Ready(over).Message, StringComparison.Ordinal);
    }

    /// <summary>A cordon of an hour closes no lease, and a pod larger than any node is refunded by nobody else's fault.</summary>
    [Theory]
    [InlineData(PlacementReasons.NodesBlocked)]
    [InlineData(PlacementReasons.NoNodes)]
    [InlineData(PlacementReasons.NoMatchingGpu)]
    [InlineData(PlacementReasons.ExceedsDatacenter)]
    public void NoPlaceThatIsNoFailure_IsNotCounted_AndItBeginsAnewAfterwards(string reason)
    {
        var waiting = ALease.Active().WithWorkload().WithStart(900);
        var excused = waiting.WithPlace(NoRoomFor(reason));
        var counted = waiting.WithPlace(NoRoom).After(100).Decide();
        Assert.Equal(Began + 100, counted.Status.StartingSince);
        var between = Later(counted, excused, 800).Decide();
        Assert.Equal(0, between.Status.StartingSince);
        Assert.DoesNotContain("If nothing has started", Ready(between).Message, StringComparison.Ordinal);
        Assert.Empty(Later(between, excused, 5000).Decide().Intents);
        Assert.Equal(Began + 5100, Later(between, waiting.WithPlace(NoRoom), 5100).Decide().Status.StartingSince);
    }

    /// <summary>The same of pods that are there and that the scheduler has no node for: the nodes that take any are too small, or are none.</summary>
    [Fact]
    public void PodsThatNoNodeCouldTake_AreNotCounted()
    {
        var waiting = Stuck(new PodProblem("Unschedulable", "0/2 nodes are available"), node: null);
        Assert.Equal(Began + 100, waiting.After(100).Decide().Status.StartingSince);
        Assert.Equal(0, waiting.NotFittingWhenEmpty().After(100).Decide().Status.StartingSince);
    }

    [Fact]
    public void NotPlaced_NotDelivered_OrRefusedWorkload_IsNotCounted()
    {
        Assert.Equal(0, Stuck(node: null).Decide().Status.StartingSince);
        Assert.Equal(0, ALease.Active().WithStart(900).Decide().Status.StartingSince);
        Assert.Equal(0, ALease.Active().WithWorkload(null, "is wrong").WithStart(900).Decide().Status.StartingSince);
    }

    [Fact]
    public void BetweenTwoPods_WhatWasCountedStands()
    {
        var counted = Stuck().After(100).Decide();
        Assert.Equal(Began + 100, Later(counted, Stuck().WithCluster(c => c with { Pods = [] }), 300).Decide().Status.StartingSince);
    }

    [Fact]
    public void WhatHasOnceRun_IsNeverGivenUp()
    {
        var ran = ALease.Active().Running().WithStart(900).After(10).Decide();
        Assert.Equal((true, 0), (ran.Status.HasStarted, (int)ran.Status.StartingSince));
        var stuck = Later(ran, Stuck(), 1000).Decide();
        Assert.Equal((true, 0), (stuck.Status.HasStarted, (int)stuck.Status.StartingSince));
        Assert.Empty(Later(stuck, Stuck(), 5000).Decide().Intents);
    }

    [Fact]
    public void Zero_WaitsForTheWholeTerm() => Assert.Empty(Later(Stuck().WithStart(0).After(0).Decide(), Stuck().WithStart(0), 7000).Decide().Intents);

    [Fact]
    public void Closed_SaysWhy_AndChargesNothingThatWasNotUsed()
    {
        var counted = Stuck().After(0).Decide().Status;
        var closing = ALease.Closing(CloseReason.Provider).WithChain(l => l with { EndsAt = Began + 960 }).WithStart(900).After(930).WithStatus(_ => counted);
        Assert.Equal("NeverStarted", Ready(closing.Decide()).Reason);
        var closed = ALease.Closed(CloseReason.Provider).WithChain(l => l with { EndsAt = Began + 960 }).WithStart(900).After(970).WithStatus(_ => counted).Decide();
        Assert.Equal("NeverStarted", closed.Status.Conditions.Single(c => c.Type == "Finished").Reason);
        // One that its tenant closed is no such one.
        Assert.Equal("Tenant", ALease.Closed().WithStart(900).After(970).WithStatus(_ => counted).Decide().Status.Conditions.Single(c => c.Type == "Finished").Reason);
    }

    private static PlaceNews NoRoom => NoRoomFor(PlacementReasons.NotEnoughGpu);

    private static PlaceNews NoRoomFor(string reason) => new(new PlaceWish([], Instead: false), new WorkloadPlace(Some.NotFitting with { Reason = reason }, [], IsWithin: false));

    private static ALease Stuck(PodProblem? problem, string? node = "node-a") => ALease.Active().WithStart(900)
        .Running(p => p with { Node = node, Ready = false, HasStarted = false, Problem = problem })
        .WithCluster(c => c with { Items = [.. c.Items.Select(i => i with { Ready = 0 })] });

    private static ALease Stuck(string? node = "node-a") => Stuck(Pull, node);

    private static ALease Later(LeaseDecision before, ALease seen, long seconds) => seen.After(seconds).WithStatus(_ => before.Status);

    private static LeaseCondition Ready(LeaseDecision decision) => decision.Status.Conditions.Single(c => c.Type == "Ready");
}
