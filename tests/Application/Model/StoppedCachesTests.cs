using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>Histories that lost what pods held, while the caches stood still and the windows were closed all the same.</summary>
public sealed class StoppedCachesTests
{
    [Fact]
    public void PodsThatStartUnseen_AreBilledForWhatTheyHold_OnceTheyAreSeen() =>
        Check((Happening.Match, 0), (Happening.TopUp, 9), (Happening.DeliverRight, 27), (Happening.CachesFreeze, 19), (Happening.ChainLosesReplies, 23));

    [Fact]
    public void TheSame_AfterARestart() =>
        Check((Happening.CachesFreeze, 13), (Happening.DeliverRight, 2), (Happening.Kill, 28), (Happening.CachesFreeze, 10), (Happening.TimePasses, 32));

    // Its pod was stopped before any look showed it: what it used is billed, what it held is not known.
    [Fact]
    public void PodStoppedBeforeItIsSeen_IsBilledByItsCountersAlone() =>
        Check((Happening.DeliverRight, 20), (Happening.CachesFreeze, 0), (Happening.TenantCloses, 4), (Happening.TimePasses, 1));

    // Nothing seemed to run: a final receipt would have closed the books before the first pod was seen.
    [Fact]
    public void LeaseEndsWhilePodsAreUnseen_FinalReceiptWaits() =>
        Check((Happening.MatchWithLittleEscrow, 26), (Happening.DeliverRight, 6), (Happening.CachesFreeze, 7), (Happening.ChainGoesOrComes, 3), (Happening.Match, 15), (Happening.TenantCloses, 21), (Happening.ChainGoesOrComes, 19));

    // No sample is young enough to wait for, and the pod is there all the same.
    [Fact]
    public void ScrapesFailWhilePodsAreUnseen_WhatWasMeasuredIsBilled() =>
        Check((Happening.Match, 4), (Happening.TermsEditedByHand, 9), (Happening.LoadChanges, 22), (Happening.ChainLosesReplies, 31), (Happening.DeliverRight, 14), (Happening.CachesFreeze, 3), (Happening.TopUp, 26), (Happening.ScraperGoesOrComes, 11), (Happening.Reorg, 4));

    private static void Check(params (Happening What, int Argument)[] events) => HistoryTests.Tell(events);
}
