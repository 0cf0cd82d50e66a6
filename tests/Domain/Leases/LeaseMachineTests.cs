using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Settlement;
using Federation.Domain.Workloads;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

public sealed class LeaseMachineTests
{
    [Fact]
    public void Reserved_Fits_IsolatesAndActivates()
    {
        var decision = ALease.Reserved().Decide();
        Assert.IsType<EnsureIsolation>(Assert.Single(decision.Effects));
        Assert.IsType<ActivateIntent>(Assert.Single(decision.Intents));
    }

    [Fact]
    public void Reserved_ActivationMined_StartsTheWorkloadAndSendsNothing()
    {
        var decision = ALease.Reserved().WithWorkload().WithActivationMined().Decide();
        Assert.Equal(["EnsureIsolation", "EnsureWorkload"], decision.Effects.Select(e => e.GetType().Name));
        Assert.Empty(decision.Intents);
    }

    [Fact]
    public void Reserved_DoesNotFit_IsRefusedAndNothingIsMade()
    {
        var decision = ALease.Reserved().WithReservation(Some.NotFitting).Decide();
        Assert.Empty(decision.Effects);
        Assert.IsType<RefuseIntent>(Assert.Single(decision.Intents));
    }

    [Fact]
    public void Reserved_PastActivation_IsClosed() =>
        Assert.Equal(CloseReason.NotActivated, Assert.IsType<CloseIntent>(Assert.Single(ALease.Reserved().After(600).Decide().Intents)).Expected);

    [Fact]
    public void Active_NothingDelivered_OnlyIsolation() =>
        Assert.IsType<EnsureIsolation>(Assert.Single(ALease.Active().WithCluster(c => c with { IsolationHash = null }).Decide().Effects));

    [Fact]
    public void Active_RightWorkload_IsApplied()
    {
        var ensure = Assert.IsType<EnsureWorkload>(Assert.Single(ALease.Active().WithWorkload().Decide().Effects));
        Assert.Equal(Some.SpecHash, ensure.SpecHash);
        Assert.Equal(Some.GpuPlacement, ensure.GpuResources[Some.GpuClass]);
    }

    // An amendment that is undone would leave a volume that is larger than the workload of before says.
    [Theory]
    [InlineData(256, LeaseState.Active, false, false)]
    [InlineData(256, LeaseState.None, true, false)]
    [InlineData(256, LeaseState.Reserved, true, true)]
    [InlineData(256, LeaseState.Active, true, true)]
    [InlineData(512, LeaseState.None, true, true)]
    [InlineData(512, LeaseState.Active, false, true)]
    public void Active_VolumesThatGrow_WaitForTheAmendmentsFinality(uint there, LeaseState final, bool isFinal, bool isApplied)
    {
        var lease = ALease.Active().WithTerms(t => t with { SpecHash = Some.HashOf(Some.VolumeWorkload) }).WithCluster(c => c with { Claims = [new ClaimFact("db", "data", there) { CanGrow = true }] }).Seen();
        var seen = lease with
        {
            View = lease.View with { Finalized = lease.View.Finalized with { State = final, TermsMatch = isFinal } },
            Workload = new DeliveredWorkload(WorkloadParser.Parse(Some.VolumeWorkload).Workload, Some.HashOf(Some.VolumeWorkload), [], new Dictionary<string, GpuPlacement>()),
        };
        var decision = LeaseMachine.Decide(seen);
        Assert.Equal(isApplied, decision.Effects.OfType<EnsureWorkload>().Any());
        Assert.Equal(!isApplied, decision.Status.Conditions.Single(c => c.Type == "Ready").Message.Contains("final on chain", StringComparison.Ordinal));
    }

    [Fact]
    public void Active_TagNotYetKnown_WaitsWithNothingMade() =>
        Assert.Empty(ALease.Active().WithWorkload().WithImages(new ImageNews(null, false, null)).Decide().Effects);

    [Fact]
    public void Active_TagKnown_TheDigestRuns_AndIsKept()
    {
        var pins = new ImagePins(Some.SpecHash, new Dictionary<string, string> { ["docker.io/library/nginx:1.27"] = "sha256:ab" });
        var decision = ALease.Active().WithWorkload().WithImages(new ImageNews(pins, true, null)).Decide();
        Assert.Equal("docker.io/library/nginx@sha256:ab", Assert.Single(Assert.IsType<EnsureWorkload>(Assert.Single(decision.Effects)).Workload.Services).Container.Image);
        Assert.Same(pins, decision.Status.Images);
    }

    [Fact]
    public void Active_OtherHash_IsNotApplied() => Assert.Empty(ALease.Active().WithWorkload(hash: "0xother").Decide().Effects);

    [Fact]
    public void Active_Amended_KeepsTheOldWorkloadUntilTheNewOneIsDelivered()
    {
        var amended = ALease.Active().Running().WithTerms(t => t with { SpecHash = "0xnew" });
        Assert.Empty(amended.Decide().Effects);
        Assert.Equal("SpecHashDiffers", amended.Decide().Status.Conditions.Single(c => c.Type == "Verified").Reason);
        var ensure = Assert.IsType<EnsureWorkload>(Assert.Single(amended.WithWorkload(hash: "0xnew").Decide().Effects));
        Assert.Equal("0xnew", ensure.SpecHash);
    }

    [Fact]
    public void Active_AmendedBeyondWhatIsFree_KeepsWhatRuns_AndSaysSo()
    {
        var amended = ALease.Active().Running().WithTerms(t => t with { SpecHash = "0xnew" }).WithWorkload(hash: "0xnew").WithReservation(Some.NotFitting);
        Assert.Empty(amended.Decide().Effects);
        var scheduled = amended.Decide().Status.Conditions.Single(c => c.Type == "Scheduled");
        Assert.Equal((ConditionStatus.False, PlacementReasons.NotEnoughGpu), (scheduled.Status, scheduled.Reason));
        // There is room again; and what is there already is repaired in any case.
        Assert.IsType<EnsureWorkload>(Assert.Single(amended.WithReservation(Some.Fitting).Decide().Effects));
        Assert.IsType<EnsureWorkload>(Assert.Single(amended.WithCluster(c => c with { AppliedSpecHash = null }).Decide().Effects));
    }

    // Pods of the older size would be served at the price of the new one.
    [Theory]
    [InlineData("0xold", true)]
    [InlineData("0xnew", false)]
    public void Active_AmendedBelowWhatRuns_IsStopped_UnlessTheSmallerWorkloadIsThere(string delivered, bool isStopped)
    {
        var tooLarge = Some.NotFitting with { Reason = PlacementReasons.LargerThanLeased };
        var decision = ALease.Active().Running().WithTerms(t => t with { SpecHash = "0xnew" }).WithWorkload(hash: delivered).WithReservation(tooLarge).Decide();
        Assert.Equal(isStopped, Assert.Single(decision.Effects) is SuspendWorkload);
        Assert.Equal(isStopped, decision.Status.Conditions.Single(c => c.Type == "Scheduled").Reason == PlacementReasons.LargerThanLeased);
    }

    // What runs meanwhile is larger than what is paid, for as long as its tenant likes.
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Active_AmendedBelowWhatRuns_IsStopped_WhenTheSmallerWorkloadsImageDoesNotCome(bool isAwaited, bool isStopped)
    {
        var (tooLarge, images) = (Some.NotFitting with { Reason = PlacementReasons.LargerThanLeased }, new ImageNews(null, false, isAwaited ? null : new ImageProblem("ImageNotFound", "no such tag.")) { IsAwaited = isAwaited });
        var decision = ALease.Active().Running().WithTerms(t => t with { SpecHash = "0xnew" }).WithWorkload(hash: "0xnew").WithImages(images).WithReservation(tooLarge).Decide();
        Assert.Equal(isStopped, decision.Effects.OfType<SuspendWorkload>().Any());
    }

    [Fact]
    public void Active_Faults_IsNotApplied() => Assert.Empty(ALease.Active().WithWorkload(faults: "needs too much").Decide().Effects);

    [Fact]
    public void Active_Applied_WritesNothing() => Assert.Empty(ALease.Active().Running().Decide().Effects);

    [Fact]
    public void Active_NamespaceTerminating_WritesNothing() =>
        Assert.Empty(ALease.Active().WithWorkload().WithCluster(c => c with { NamespaceTerminating = true, IsolationHash = null }).Decide().Effects);

    [Fact]
    public void TermsDiffer_NothingIsDone()
    {
        var decision = ALease.Active().WithWorkload().With(termsMatch: false).After(7300).Decide();
        Assert.Empty(decision.Effects);
        Assert.Empty(decision.Intents);
    }

    [Fact]
    public void Active_TermOver_IsClosed() =>
        Assert.Contains(ALease.Active().With(escrow: 0).After(7200).Decide().Intents, i => i is CloseIntent { Expected: CloseReason.Term });

    [Fact]
    public void Draining_GivesNotice_AndServesThroughIt_AReservationIsGivenBack()
    {
        var notice = ALease.Active().Running().WithIntake(Intake.Draining).Decide();
        Assert.Equal(CloseReason.Provider, Assert.Single(notice.Intents.OfType<CloseIntent>()).Expected);
        Assert.DoesNotContain(notice.Effects, e => e is StopWorkload);
        Assert.DoesNotContain(ALease.Closing(CloseReason.Provider).Running().WithIntake(Intake.Draining).Decide().Effects, e => e is StopWorkload);
        Assert.IsType<RefuseIntent>(Assert.Single(ALease.Reserved().WithIntake(Intake.Draining).Decide().Intents));
        // Whose time is over ends by that, not by its provider's leaving.
        Assert.Equal(CloseReason.Term, Assert.Single(ALease.Active().WithIntake(Intake.Draining).After(7200).Decide().Intents.OfType<CloseIntent>()).Expected);
    }

    [Fact]
    public void Paused_LeasesGoOn()
    {
        Assert.DoesNotContain(ALease.Active().Running().WithIntake(Intake.Paused).Decide().Intents, i => i is CloseIntent);
        Assert.IsType<ActivateIntent>(Assert.Single(ALease.Reserved().WithIntake(Intake.Paused).Decide().Intents));
    }

    [Fact]
    public void Active_SettledEscrowAtReserve_IsClosed()
    {
        var reserve = Federation.Domain.Pricing.Accrual.ClosingReserve(Some.Terms);
        Assert.Contains(ALease.Active().With(escrow: reserve).Decide().Intents, i => i is CloseIntent { Expected: CloseReason.Escrow });
        Assert.DoesNotContain(ALease.Active().With(escrow: reserve + 1).Decide().Intents, i => i is CloseIntent);
    }

    [Theory]
    [InlineData(CloseReason.Tenant, 60, true)]
    [InlineData(CloseReason.Provider, 60, false)]
    [InlineData(CloseReason.Escrow, 60, false)]
    [InlineData(CloseReason.Provider, 120, true)]
    [InlineData(CloseReason.Term, 120, true)]
    public void Closing_Stops_AtOnceForItsTenantElseAtTheEnd(CloseReason reason, long seconds, bool stops) =>
        Assert.Equal(stops, ALease.Closing(reason).Running().After(seconds).Decide().Effects.Any(e => e is StopWorkload));


    [Fact]
    public void Closing_KeepsTheWorkloadRepairedUntilItStops() =>
        Assert.IsType<EnsureWorkload>(Assert.Single(ALease.Closing(CloseReason.Provider).WithWorkload().Decide().Effects));

    [Fact]
    public void Closed_NotFinalized_StandsStill_AndNothingIsRemoved()
    {
        var decision = ALease.Closed().Running().FinalizedAs(LeaseState.Closing).Decide();
        Assert.IsType<SuspendWorkload>(Assert.Single(decision.Effects));
        Assert.Equal(0, decision.Status.ClosedAtMs);
    }

    [Fact]
    public void Closed_Finalized_StopsAndStartsRetention()
    {
        var seen = ALease.Closed().Running().Seen();
        var decision = LeaseMachine.Decide(seen);
        Assert.IsType<StopWorkload>(Assert.Single(decision.Effects));
        Assert.Equal(seen.NowMs, decision.Status.ClosedAtMs);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    public void Closed_RetentionOver_NamespaceGoes(long afterMs, bool goes)
    {
        var closedAt = ALease.Closed().Seen().NowMs - Some.Policy.RetentionMs - afterMs;
        Assert.Equal(goes, ALease.Closed().WithStatus(s => s with { ClosedAtMs = closedAt }).Decide().Effects.Any(e => e is RemoveNamespace));
    }

    [Fact]
    public void Removal_OfATerminatingNamespace_IsNotAskedForAgain() =>
        Assert.Empty(ALease.Closed().WithStatus(s => s with { ClosedAtMs = 1 }).WithCluster(c => c with { NamespaceTerminating = true }).Decide().Effects);

    [Theory]
    [InlineData(50, true)]
    [InlineData(49, false)]
    public void Unknown_GoesOnlyWhenFinalityHasPassedItsMatch(ulong finalized, bool goes) =>
        Assert.Equal(goes, ALease.Unknown().FinalizedAs(LeaseState.None, finalized).Decide().Effects.Any(e => e is RemoveNamespace));

    [Fact]
    public void Unknown_AtTheConfirmedDepthOnly_StaysAsItIs() =>
        Assert.Empty(ALease.Unknown().FinalizedAs(LeaseState.Active).Decide().Effects);
}
