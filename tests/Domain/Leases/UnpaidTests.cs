using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

/// <summary>Between a lease's last paid second and the finality of its close, minutes on some chains, nobody pays for what runs.</summary>
public sealed class UnpaidTests
{
    private const long Start = FakeClock.StartMs / 1000;

    private static readonly ALease TermOver = ALease.Active().Running().After(Some.Terms.DurationSeconds);

    [Fact]
    public void TermOver_StandsStillAtOnce_AndIsClosed()
    {
        var decision = TermOver.Decide();
        Assert.IsType<SuspendWorkload>(Assert.Single(decision.Effects));
        Assert.Contains(decision.Intents, i => i is CloseIntent { Expected: CloseReason.Term });
        var ready = decision.Status.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal((LeasePhase.Closing, ConditionStatus.False, "Stopped"), (decision.Status.Phase, ready.Status, ready.Reason));
        Assert.Null(decision.Status.Suspension);
        Assert.Empty(TermOver.After(Some.Terms.DurationSeconds - 1).Decide().Effects);
    }

    // Whoever spoils the manifest, or the terms of it, keeps nothing running by that.
    [Fact]
    public void TenantsManifest_HasNoSayInIt() =>
        Assert.IsType<SuspendWorkload>(Assert.Single(TermOver.WithWorkload(faults: "spoilt").Decide().Effects));

    [Theory]
    [InlineData(CloseReason.Tenant, 60, true)]
    [InlineData(CloseReason.Provider, 60, false)]
    [InlineData(CloseReason.Escrow, 119, false)]
    [InlineData(CloseReason.Provider, 120, true)]
    [InlineData(CloseReason.Term, 120, true)]
    [InlineData(CloseReason.Escrow, 120, true)]
    public void Closing_NotFinalized_StandsStillOnceNobodyPays_AndNothingIsDeleted(CloseReason reason, long seconds, bool rests)
    {
        var decision = ALease.Closing(reason).Running().FinalizedAs(LeaseState.Active).After(seconds).Decide();
        Assert.Equal(rests ? ["SuspendWorkload"] : [], decision.Effects.Select(e => e.GetType().Name));
        // Its end is the finalized view's to say: what is measured until then still counts.
        Assert.Equal((0, false), (decision.Status.StoppedAtMs, decision.Status.UsageIsFinal));
    }

    [Fact]
    public void Closing_EscrowUsedUp_IsServedNoNotice() =>
        Assert.IsType<SuspendWorkload>(Assert.Single(ALease.Closing(CloseReason.Escrow).With(escrow: 100).Running().Measured(60, 1_000).FinalizedAs(LeaseState.Active).After(66).Decide().Effects));

    [Fact]
    public void StandingStill_WritesNothingMore_AndWantsNoPlace()
    {
        var still = Still(TermOver);
        Assert.Empty(still.Decide().Effects);
        Assert.Null(PlacingRules.Wish(still.Seen().View, still.Seen().Workload, still.Seen().Cluster));
        Assert.NotNull(PlacingRules.Wish(Still(ALease.Active().Running()).Seen().View, still.Seen().Workload, still.Seen().Cluster));
    }

    // A reorg took the close away.
    [Fact]
    public void CloseUndone_RunsAgain() =>
        Assert.IsType<EnsureWorkload>(Assert.Single(Still(ALease.Active().Running()).After(300).Decide().Effects));

    [Fact]
    public void FinishedJobs_AreLeftAlone_AndOneThatGoesOnIsNot()
    {
        ItemFact job = new("sum", "Job", 2, 1, 1, false, "");
        Assert.IsType<SuspendWorkload>(Assert.Single(TermOver.WithCluster(c => c with { Items = [job] }).Decide().Effects));
        foreach (var over in new[] { job with { Succeeded = 2 }, job with { Failed = true }, job with { IsSuspended = true } })
            Assert.Empty(TermOver.WithCluster(c => c with { Items = [over], Pods = [] }).Decide().Effects);
    }

    // Finality that comes in seconds stops it by itself: no lease costs a write more there.
    [Theory]
    [InlineData(15, 0, false)]
    [InlineData(16, 0, true)]
    [InlineData(2, 14, false)]
    [InlineData(2, 15, true)]
    public void FinalitySeconds_AreWaitedFor_NotMinutes(long finality, long past, bool rests)
    {
        var (duration, closing) = (Some.Terms.DurationSeconds, ALease.Closing(CloseReason.Provider).Running().FinalizedAs(LeaseState.Active).WithFinality(finality).After(120 + past));
        Assert.Equal(rests, TermOver.WithFinality(finality).After(duration + past).Decide().Effects.OfType<SuspendWorkload>().Any());
        Assert.Equal(rests, closing.Decide().Effects.OfType<SuspendWorkload>().Any());
        if (!rests) Assert.InRange(TermOver.WithFinality(finality).After(duration + past).Decide().NextLookMs, 0, (Start + duration + 15) * 1000);
    }

    [Fact]
    public void FinalClose_StopsIt_AsEver() =>
        Assert.IsType<StopWorkload>(Assert.Single(Still(ALease.Closing(CloseReason.Term).Running()).After(120).Decide().Effects));

    // The match's own activation may not be confirmed: nothing is known of its end then.
    [Fact]
    public void ActivationMined_IsNotTakenForOver() =>
        Assert.Contains(ALease.Reserved().WithWorkload().WithActivationMined().After(300).Decide().Effects, e => e is EnsureWorkload);

    // The rule: with finality far away, no pod is wanted past the last paid second, whatever else is so; and nothing is deleted before it.
    [Fact]
    public void NothingRunsUnpaid_WhateverTheStateAndReason() => Prop.ForAll(
        Gen.Elements(LeaseState.Active, LeaseState.Closing, LeaseState.Closed).ToArbitrary(),
        Gen.Elements(CloseReason.Tenant, CloseReason.Provider, CloseReason.Term, CloseReason.Escrow).ToArbitrary(),
        (from past in Gen.Choose(0, 5_000) from silence in Gen.Choose(0, 1_000) from away in Gen.Elements(true, false) select (past, silence, away)).ToArbitrary(),
        (state, reason, x) =>
        {
            var lease = state == LeaseState.Active ? ALease.Active() : ALease.Closing(reason).WithChain(c => c with { State = state });
            var end = state == LeaseState.Active ? Some.Terms.DurationSeconds : 120;
            var seen = lease.Running().FinalizedAs(LeaseState.Active).WithFinality(900).After(end + x.past).Seen() with { IsChainAway = x.away, ChainSilenceMs = x.silence * 1000 };
            var effects = LeaseMachine.Decide(seen).Effects;
            return effects.OfType<SuspendWorkload>().Any() && !effects.Any(e => e is StopWorkload or RemoveNamespace or EnsureWorkload);
        }).QuickCheckThrowOnFailure();

    private static ALease Still(ALease lease) => lease
        .WithCluster(c => c with { AppliedSpecHash = null, Items = [.. c.Items.Select(i => i with { Desired = 0, Ready = 0 })], Pods = [] })
        .WithPlace(new PlaceNews(null, null));
}
