using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Domain.Tests.Leases;

public sealed class HoldingsTests
{
    private static readonly PodFact Pod = new("a", "web-1", "web", "node", true, false, null, 1, 0, 10);
    private static readonly PodHolding Held = new("a", 1, 0, 10);

    /// <summary>Devices are billed to the end that the node names: one whose clock is ahead would bill what nobody had.</summary>
    [Fact]
    public void EndThatIsYetToCome_IsAtMostTheFirstLookThatSawIt_AndStays()
    {
        var ahead = Pod with { Ended = true, EndedAtMs = 3_600_000 };
        var seen = Holdings.Merge([Held], [ahead], 500);
        Assert.Equal([Held with { EndedMs = 60_500 }], seen);
        Assert.Equal(seen, Holdings.Merge(seen, [ahead], 900));
        Assert.Equal(seen, Holdings.Merge(seen, [ahead], 7_200_000));
        // The chain's clock says nothing of it, however far it is ahead.
        Assert.Equal(seen, Holdings.Merge([Held], [ahead], 7_200_000, 500));
        // Clocks that differ by less, as they do, cost nobody what was measured; nor does a chain that lags.
        Assert.Equal([Held with { EndedMs = 60_000 }], Holdings.Merge([Held], [ahead with { EndedAtMs = 60_000 }], 500));
        // A pod that was only gone, and is there again with its own word, counts by that.
        Assert.Equal([Held with { FromMs = 200, EndedMs = 900, IsDoubtful = true }], Holdings.Merge([Held with { FromMs = 200, EndedMs = 500, IsDoubtful = true }], [ahead with { EndedAtMs = 900 }], 1000));
    }

    [Fact]
    public void LivingPod_HasNotEnded() => Assert.Equal([Held], Holdings.Merge([], [Pod], 500));

    [Fact]
    public void EndedPod_EndedWhenItsContainersDid() =>
        Assert.Equal([Held with { EndedMs = 300 }], Holdings.Merge([Held], [Pod with { Ended = true, EndedAtMs = 300 }], 500));

    // Nobody saw it end: it had by the time of the look that missed it first, and no later look moves that.
    [Fact]
    public void PodThatIsGone_HadEndedByTheFirstLookWithoutIt()
    {
        var gone = Holdings.Merge([Held], [], 500);
        Assert.Equal([Held with { EndedMs = 500 }], gone);
        Assert.Equal(gone, Holdings.Merge(gone, [], 900));
        var failed = Holdings.Merge([Held], [Pod with { Ended = true }], 600);
        Assert.Equal([Held with { EndedMs = 600 }], failed);
        Assert.Equal(failed, Holdings.Merge(failed, [Pod with { Ended = true }], 900));
    }

    // A cache that lagged, or a namespace that was not seen for a moment.
    [Fact]
    public void PodThatIsThereAgain_HasNotEnded() => Assert.Equal([Held], Holdings.Merge([Held with { EndedMs = 500 }], [Pod], 900));

    // It bills nothing, and its samples may be late all the same.
    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public void PodThatHoldsNothing_IsKnown_UntilAWindowHasPassedItsEnd(long boundAtMs)
    {
        var plain = Pod with { GpuA = 0, StorageMiB = 0, BoundAtMs = boundAtMs };
        var gone = Holdings.Merge(Holdings.Merge([], [plain], 400), [], 500);
        Assert.Equal([new PodHolding("a", 0, 0, 0) { EndedMs = 500, FromMs = boundAtMs, IsDoubtful = boundAtMs > 0 }], gone);
        Assert.Equal(gone, Holdings.Prune(gone, [], null, hasFolded: false));
        Assert.Equal(gone, Holdings.Prune(gone, [], UsagePosition.StartingAt(499), hasFolded: true));
        Assert.Empty(Holdings.Prune(gone, [], UsagePosition.StartingAt(500), hasFolded: true));
        Assert.Empty(Holdings.Merge([], [plain with { HasStarted = false }], 400));
    }

    [Fact]
    public void BoundPod_CountsFromThere_AndGoesOnFromWhereItStands()
    {
        var bound = Pod with { BoundAtMs = 200 };
        Assert.Equal([Held with { FromMs = 200 }], Holdings.Merge([], [bound, bound], 500));
        Assert.Equal([Held with { FromMs = 400 }], Holdings.Merge([Held with { FromMs = 400 }], [bound], 500));
        // It was there before this was told of any pod.
        Assert.Equal([Held], Holdings.Merge([Held], [bound], 500));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void PodThatNobodyVouchesFor_StaysInDoubt(bool isNodeDown, bool ended)
    {
        var bound = Pod with { BoundAtMs = 200 };
        var doubted = Assert.Single(Holdings.Merge([], [bound with { IsNodeDown = isNodeDown, Ended = ended }], 500));
        Assert.False(doubted.IsVouched);
        Assert.False(Assert.Single(Holdings.Merge([doubted], [bound], 600)).IsVouched);
        Assert.False(Assert.Single(Holdings.Merge([Held with { FromMs = 200 }], [], 600)).IsVouched);
    }

    // An eviction may leave no container in it, and what has once started has held.
    [Fact]
    public void KnownPod_ThatEndedWithoutAContainer_HasEnded() => Assert.Equal(
        [Held with { FromMs = 200, EndedMs = 500, IsDoubtful = true }],
        Holdings.Merge([Held with { FromMs = 200 }], [Pod with { HasStarted = false, Ended = true }], 500));

    [Fact]
    public void PodSeenToGo_EndedAsItSaid()
    {
        var gone = Pod with { BoundAtMs = 200, Ended = true, EndedAtMs = 300, GoneAtMs = 400 };
        Assert.Equal([Held with { FromMs = 200, EndedMs = 300 }], Holdings.Merge([], [gone], 500));
        Assert.Equal([Held with { FromMs = 200, EndedMs = 400, IsDoubtful = true }], Holdings.Merge([], [gone with { EndedAtMs = 0 }], 500));
        var facts = ClusterFacts.Nothing with { Gone = [gone] };
        Assert.Equal((1, 0), (facts.PodsSince(399).Count, facts.PodsSince(400).Count));
    }

    // A second leader whose cache lags must not take it for a new one.
    [Fact]
    public void CountedPod_IsForgottenAnHourLater_AndWhatCountsBeginsAfterIt()
    {
        PodHolding[] held = [Held with { FromMs = 100_000, EndedMs = 100_000 }];
        Assert.Equal(held, Holdings.Prune(held, [], UsagePosition.StartingAt(3_699_999), true));
        Assert.Empty(Holdings.Prune(held, [], UsagePosition.StartingAt(3_700_000), true));
        Assert.Equal(100_000, Holdings.Earliest([], 3_700_000));
    }

    [Fact]
    public void ManyCountedPods_AreForgottenBeforeTheirTime_AndWhatCountsBeginsAfterThem()
    {
        PodHolding[] held = [.. Enumerable.Range(1, 600).Select(n => new PodHolding($"pod-{n}", 1, 0, 0) { FromMs = n, EndedMs = n }), Held with { FromMs = 5, EndedMs = 2_000 }];
        var kept = Holdings.Prune(held, [], UsagePosition.StartingAt(1_000), true);
        Assert.Equal(257, kept.Count);
        Assert.Equal(345, Holdings.Earliest(kept, 1_000));
        Assert.Equal(1, Holdings.Uncounted(kept, 1_000));
        Assert.Equal(345, kept.Min(h => h.EndedMs));
        // Those that hold nothing are forgotten without a trace, and so must push out none.
        Assert.Equal(kept, Holdings.Prune([.. kept, .. Enumerable.Range(1, 600).Select(n => new PodHolding($"plain-{n}", 0, 0, 0) { FromMs = 900, EndedMs = 900 })], [], UsagePosition.StartingAt(1_000), true));
    }

    [Fact]
    public void Lives_AreThoseOfPodsThatHaveStarted()
    {
        PodFact[] pods =
        [
            Pod with { StartedAtMs = 100 },
            Pod with { Uid = "done", StartedAtMs = 100, Ended = true, EndedAtMs = 300 },
            Pod with { Uid = "unknown", StartedAtMs = 100, Ended = true },
            Pod with { Uid = "pulling", StartedAtMs = 100, HasStarted = false },
        ];
        Assert.Equal([new PodLife("a", 100, long.MaxValue), new PodLife("done", 100, 300)], Holdings.Lives(pods));
    }
}
