using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Domain.Tests.Leases;

public sealed class HoldingsTests
{
    private static readonly PodFact Pod = new("a", "web-1", "web", "node", true, false, null, 1, 0, 10);
    private static readonly PodHolding Held = new("a", 1, 0, 10);

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
    [Fact]
    public void PodThatHoldsNothing_IsKnown_UntilAWindowHasPassedItsEnd()
    {
        var plain = Pod with { GpuA = 0, StorageMiB = 0 };
        var gone = Holdings.Merge(Holdings.Merge([], [plain], 400), [], 500);
        Assert.Equal([new PodHolding("a", 0, 0, 0) { EndedMs = 500 }], gone);
        Assert.Equal(gone, Holdings.Prune(gone, [], null, hasFolded: false));
        Assert.Equal(gone, Holdings.Prune(gone, [], UsagePosition.StartingAt(499), hasFolded: true));
        Assert.Empty(Holdings.Prune(gone, [], UsagePosition.StartingAt(500), hasFolded: true));
        Assert.Empty(Holdings.Merge([], [plain with { HasStarted = false }], 400));
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
