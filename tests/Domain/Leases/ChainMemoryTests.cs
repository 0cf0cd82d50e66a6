using Federation.Domain.Leases;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

/// <summary>Whoever begins while the chain is away decides as whoever was there before it went.</summary>
public sealed class ChainMemoryTests
{
    [Fact]
    public void Remembered_IsAsGoodAsSeen_WhileTheChainIsAway() => Prop.ForAll(Stories().ToArbitrary(), story =>
    {
        var before = story.Lease.Seen();
        var status = LeaseMachine.Decide(before).Status;
        var away = before with { Status = status, IsChainAway = true, ChainSilenceMs = story.SilenceMs, NowMs = before.NowMs + story.LaterMs, Metering = before.Metering with { Position = status.Usage } };
        var view = ChainMemory.Recall(before.View.Id, before.View.Terms, before.View.MatchedBlock, status);
        Assert.NotNull(view);
        var (living, begun) = (LeaseMachine.Decide(away), LeaseMachine.Decide(away with { View = view }));
        Assert.Equal(living.Effects.Select(e => e.GetType()), begun.Effects.Select(e => e.GetType()));
        Assert.Empty(begun.Intents);
        Assert.Equal((living.Status.Phase, living.Status.SettledSeq), (begun.Status.Phase, begun.Status.SettledSeq));
        Assert.Equal((status.Money, status.Chain), (begun.Status.Money, begun.Status.Chain));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void WhatIsNotCertain_IsNotRemembered()
    {
        Assert.Null(ALease.Unknown().Decide().Status.Chain);
        Assert.Null(ALease.Active().With(termsMatch: false).Decide().Status.Chain);
        var known = ALease.Active().Decide().Status;
        Assert.Equal(known.Chain, ALease.Active().With(termsMatch: false).WithStatus(_ => known).Decide().Status.Chain);
        var view = ALease.Active().Seen().View;
        Assert.Null(ChainMemory.Recall(view.Id, view.Terms, 1, LeaseStatus.New));
        Assert.Null(ChainMemory.Recall(view.Id, view.Terms, 1, known with { Money = null }));
        Assert.Null(ChainMemory.Recall(view.Id, view.Terms, 1, ALease.Closed().Decide().Status));
    }

    // Of a term that was over: it stands still, and whoever begins has listened for a moment only.
    [Fact]
    public void WhatStoodStill_IsNotBegunAnew()
    {
        var before = ALease.Active().Running().Measured(30, 10).Seen();
        var (silent, later) = (600_000L, before.NowMs + 10_000_000_000);
        var rested = LeaseMachine.Decide(before with { IsChainAway = true, ChainSilenceMs = silent, NowMs = later, Status = LeaseMachine.Decide(before).Status });
        Assert.Equal(LeasePhase.Suspended, rested.Status.Phase);
        var view = ChainMemory.Recall(before.View.Id, before.View.Terms, before.View.MatchedBlock, rested.Status)!;
        var begun = LeaseMachine.Decide(before with { View = view, IsChainAway = true, ChainSilenceMs = 0, NowMs = later + 1_000, Status = rested.Status });
        Assert.Equal(LeasePhase.Suspended, begun.Status.Phase);
        Assert.DoesNotContain(begun.Effects, e => e is EnsureWorkload);
    }

    // That its end is final is not remembered; that it was stopped for good is.
    [Fact]
    public void WhatWasStoppedForGood_StaysSo()
    {
        var stopped = ALease.Closing().Running().Measured(60, 10).WithStatus(s => s with { StoppedAtMs = FakeNow }).Seen();
        var status = LeaseMachine.Decide(stopped).Status with { StoppedAtMs = FakeNow };
        var view = ChainMemory.Recall(stopped.View.Id, stopped.View.Terms, stopped.View.MatchedBlock, status)!;
        var begun = LeaseMachine.Decide(stopped with { View = view, IsChainAway = true, Status = status });
        Assert.DoesNotContain(begun.Effects, e => e is EnsureWorkload or EnsureIsolation);
        Assert.Contains(begun.Effects, e => e is SuspendWorkload or StopWorkload);
    }

    private static long FakeNow => Federation.Testing.FakeClock.StartMs + 60_000;

    private static Gen<(ALease Lease, long SilenceMs, long LaterMs)> Stories() =>
        from lease in Gen.Elements(ALease.Reserved(), ALease.Active(), ALease.Active().Running(), ALease.Closing().Running().FinalizedAs(LeaseState.Active), ALease.Closing(CloseReason.Provider).Running().FinalizedAs(LeaseState.Active))
        from measured in Gen.Choose(0, 60)
        from cpu in Gen.Choose(0, 60)
        from escrow in Gen.Choose(0, 2_000_000)
        from offset in Gen.Choose(-500, 500)
        from silence in Gen.Elements(0L, 299_000, 300_000, 7_200_000)
        from later in Gen.Choose(0, 10_000_000)
        let counted = lease.Seen().View.Confirmed.ActivatedAt > 0 ? lease.Measured(measured, (ulong)cpu).After(measured) : lease
        select (counted.WithChain(c => c with { Escrow = escrow, DueOffset = offset, CapOffset = offset }), silence, (long)later);
}
