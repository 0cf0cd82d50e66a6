using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

/// <summary>When a receipt is wanted, and what it says.</summary>
public sealed class SettlementTests
{
    private const long Start = FakeClock.StartMs / 1000;

    [Fact]
    public void Active_IntervalOver_SettlesWhatIsMeasured()
    {
        var receipt = Settle(ALease.Active().Running().With(seq: 4).Measured(130, cpuSeconds: 100).After(140));
        Assert.NotNull(receipt);
        Assert.Equal((5u, Start + 130, 100_000ul, false), (receipt.Seq, receipt.Through, receipt.Usage.CpuMilliSeconds, receipt.IsFinal));
    }

    [Fact]
    public void Active_IntervalNotOver_Waits() => Assert.Null(Settle(ALease.Active().Running().Measured(119, 100).After(140)));

    [Fact]
    public void Active_NothingUnpaid_Waits() => Assert.Null(Settle(ALease.Active().Running().Measured(600, 0).After(610)));

    [Fact]
    public void Active_AlreadyClaimed_Waits() => Assert.Null(Settle(ALease.Active().Running().With(claimed: 1_000_000).Measured(600, 100).After(610)));

    [Fact]
    public void Active_EscrowRunsOut_SettlesBeforeTheInterval()
    {
        var reserve = Accrual.ClosingReserve(Some.Terms);
        Assert.NotNull(Settle(ALease.Active().Running().With(escrow: reserve + 50).Measured(60, 100).After(70)));
        Assert.Null(Settle(ALease.Active().Running().With(escrow: reserve + 5_000).Measured(60, 100).After(70)));
    }

    [Fact]
    public void Receipt_NeverClaimsASecondThatTheChainHasNotReached() =>
        Assert.Equal(Start + 150, Settle(ALease.Active().Running().Measured(200, 100).After(150))!.Through);

    // Its tenant may see what is coming, and sign it, long before it is worth a transaction.
    [Fact]
    public void Receipt_IsShownBeforeItIsSettled()
    {
        var decision = ALease.Active().Running().With(seq: 4).Measured(60, cpuSeconds: 100).After(70).Decide();
        Assert.Empty(decision.Intents.OfType<SettleIntent>());
        Assert.Equal((5u, Start + 60, 100_000ul), (decision.Receipt!.Seq, decision.Receipt.Through, decision.Receipt.Usage.CpuMilliSeconds));
        var settled = ALease.Active().Running().With(seq: 4).Measured(130, cpuSeconds: 100).After(140).Decide();
        Assert.Equal(settled.Intents.OfType<SettleIntent>().Single().Receipt, settled.Receipt);
    }

    // Whoever has it signed may settle it, and seconds that it leaves out could never be claimed after a last one.
    [Fact]
    public void Receipt_ThatLeavesSecondsOut_IsNotShown() => Assert.Null(ALease.Active().Running().Measured(200, 100).After(150).Decide().Receipt);

    [Fact]
    public void Receipt_BeforeAnythingWasMeasured_IsNotShown() => Assert.Null(ALease.Active().Running().After(70).Decide().Receipt);

    [Fact]
    public void Closing_AllMeasured_SendsTheFinalReceipt()
    {
        var decision = ALease.Closing().WithStatus(s => s with { StoppedAtMs = FakeClock.StartMs + 70_000 }).Measured(75, 20).After(80).Decide();
        Assert.True(decision.Status.UsageIsFinal);
        Assert.True(Assert.IsType<SettleIntent>(Assert.Single(decision.Intents)).Receipt.IsFinal);
    }

    // The cluster's cache lags: samples tell of a pod that it has not shown.
    [Theory]
    [InlineData(80, false)]
    [InlineData(369, false)]
    [InlineData(370, true)]
    public void Closing_PodNotSeenYet_IsWaitedForAWhile(long now, bool isFinal)
    {
        var unseen = new SeriesPosition("uid-1/Cpu/", 0, 1) { UnheldMs = 0 };
        var lease = ALease.Closing().WithStatus(s => s with { StoppedAtMs = FakeClock.StartMs + 70_000 }).Measured(75, 20, unseen).After(now);
        Assert.Equal(isFinal, lease.Decide().Status.UsageIsFinal);
    }

    [Fact]
    public void Closing_PodShownAfterItSeemedStopped_IsNotStopped() =>
        Assert.Equal(0, ALease.Closing().Running().WithStatus(s => s with { StoppedAtMs = FakeClock.StartMs + 70_000 }).Measured(65, 20).After(80).Decide().Status.StoppedAtMs);

    [Theory]
    [InlineData(CloseReason.Escrow, 100, false)]
    [InlineData(CloseReason.Provider, 100, false)]
    [InlineData(CloseReason.Tenant, 100, true)]
    [InlineData(CloseReason.Escrow, 120, true)]
    public void Closing_FinalReceiptBeforeTheEnd_OnlyWhereTheTenantEndedIt(CloseReason reason, long now, bool isFinal)
    {
        var lease = ALease.Closing(reason).WithStatus(s => s with { StoppedAtMs = FakeClock.StartMs + 70_000, UsageIsFinal = true }).Measured(75, 20).After(now);
        Assert.Equal(isFinal, Settle(lease)?.IsFinal ?? false);
    }

    [Fact]
    public void StartFee_IsDueWithTheFirstReceipt_WhateverWasUsed()
    {
        var receipt = Settle(ALease.Active().Running().WithTerms(t => t with { StartFee = 40 }).Measured(130, 0).After(140));
        Assert.NotNull(receipt);
        Assert.Equal(0u, receipt.DownSeconds);
        Assert.Null(Settle(ALease.Active().Running().WithTerms(t => t with { StartFee = 40 }).With(claimed: 40).Measured(130, 0).After(140)));
    }

    [Fact]
    public void Amended_DueAndCap_GoOnFromTheOffsets()
    {
        var money = ALease.Active().Measured(60, 1_000_000).WithChain(l => l with { DueOffset = 7, CapOffset = 5 }).After(70).Decide().Status.Money!;
        Assert.Equal(Accrual.RateCap(Some.Terms.Prices, Some.Terms.Resources, 60) + 5, money.Accrued);
        var little = ALease.Active().Measured(60, 100).WithChain(l => l with { DueOffset = 7, CapOffset = 5 }).After(70).Decide().Status.Money!;
        Assert.Equal(Accrual.Price(Some.Terms.Prices, UsageVector.Zero with { CpuMilliSeconds = 100_000 }) + 7, little.Accrued);
    }

    [Fact]
    public void Closing_FinalReceipt_WaitsUntilTheChainHasReachedWhatWasMeasured() =>
        Assert.Null(Settle(ALease.Closing().WithStatus(s => s with { StoppedAtMs = FakeClock.StartMs + 70_000 }).Measured(100, 20).After(80)));

    [Fact]
    public void Closing_PodsThatWillNotGo_HoldUpNothingPastThePaidEnd()
    {
        var receipt = Settle(ALease.Closing().Running().Measured(120, 20).After(140));
        Assert.True(receipt!.IsFinal);
        Assert.Equal(Start + 120, receipt.Through);
    }

    [Fact]
    public void Closing_HalfOfTheTimeToSubmitGone_SendsWhatThereIs()
    {
        Assert.Null(Settle(ALease.Closing().Measured(30, 20).After(719)));
        Assert.True(Settle(ALease.Closing().Measured(30, 20).After(720))!.IsFinal);
    }

    [Fact]
    public void Closing_NeverMeasured_StillEnds()
    {
        var receipt = Settle(ALease.Closing().Measured(0, 0).After(720))!;
        Assert.Equal(Receipt.NoEvidence, receipt.EvidenceRoot);
        Assert.Equal(UsageVector.Zero, receipt.Usage);
    }

    [Fact]
    public void Closing_UsageLost_FinalReceiptIsNotBehindTheSettledSecond() =>
        Assert.Equal(Start + 110, Settle(ALease.Closing().With(through: 110, seq: 3).Measured(30, 20).After(720))!.Through);

    [Fact]
    public void EscrowOutlook_DueFollowsTheMeasuredSeconds_NotTheBlocks()
    {
        var early = ALease.Active().Measured(60, 1_000_000).After(70).Decide().Status.Money;
        var later = ALease.Active().Measured(60, 1_000_000).After(170).Decide().Status.Money;
        Assert.Equal(Accrual.RateCap(Some.Terms.Prices, Some.Terms.Resources, 60), early!.Accrued);
        Assert.Equal(early, later);
    }

    [Fact]
    public void EscrowOutlook_ExpectedEnd_IsWhereFullLoadMeetsTheReserve()
    {
        var reserve = Accrual.ClosingReserve(Some.Terms);
        var perHour = Accrual.RateCap(Some.Terms.Prices, Some.Terms.Resources, 3600);
        var end = ALease.Active().With(escrow: reserve + perHour).Decide().Status.Money!.ExpectedEnd;
        Assert.InRange(end, Start + 3599, Start + 3600);
        Assert.Equal(Start + Some.Terms.DurationSeconds, ALease.Active().Decide().Status.Money!.ExpectedEnd);
    }

    // Nothing runs any more: samples that are late are asked for less and less often.
    [Theory]
    [InlineData(106, 107)]
    [InlineData(145, 155)]
    public void LastWindow_ThatWaits_IsReadLessAndLessOften(long now, long next) =>
        Assert.Equal((Start + next) * 1000, ALease.Closing().WithStatus(s => s with { StoppedAtMs = (Start + 100) * 1000 }).Measured(90, 0).After(now).Decide().NextLookMs);

    [Fact]
    public void Holdings_OfAGonePod_StayUntilItsSamplesAreIn()
    {
        var seen = ALease.Active().Running().Decide().Status;
        Assert.Equal(1u, Assert.Single(seen.Holdings).GpuA);
        var gone = ALease.Active().WithWorkload().WithStatus(_ => seen).Decide().Status;
        Assert.Single(gone.Holdings);
        var folded = ALease.Active().WithStatus(_ => gone with { Usage = Federation.Domain.Usage.UsagePosition.StartingAt(FakeClock.StartMs) }).Measured(60, 0).Decide().Status;
        Assert.Empty(folded.Holdings);
    }

    [Theory]
    [InlineData(0, 140, SettleUrgency.Due)]
    [InlineData(30, 140, SettleUrgency.Waiting)]
    [InlineData(30, 149, SettleUrgency.Waiting)]
    [InlineData(30, 150, SettleUrgency.Due)]
    public void Active_IntervalOver_WaitsForOthersAsLongAsItHasPatience(long patience, long now, SettleUrgency urgency)
    {
        var intent = Intent(ALease.Active().Running().Patient(patience).Measured(130, 100).After(now));
        Assert.Equal((urgency, Start + 120 + patience), (intent.Urgency, intent.LatestAt));
        Assert.True(intent.Value > 0);
    }

    [Fact]
    public void Active_EscrowRunsOut_WaitsForNobody()
    {
        var reserve = Accrual.ClosingReserve(Some.Terms);
        Assert.Equal(SettleUrgency.Bound, Intent(ALease.Active().Running().Patient(600).With(escrow: reserve + 50).Measured(60, 100).After(70)).Urgency);
    }

    // The time to submit is 1,200 s: a quarter of it is the most.
    [Theory]
    [InlineData(100, 219, SettleUrgency.Waiting)]
    [InlineData(100, 220, SettleUrgency.Bound)]
    [InlineData(900, 419, SettleUrgency.Waiting)]
    [InlineData(900, 420, SettleUrgency.Bound)]
    public void Closing_LastReceipt_WaitsForOthers_NeverPastAQuarterOfItsTime(long patience, long now, SettleUrgency urgency)
    {
        var intent = Intent(ALease.Closing().Patient(patience).WithStatus(s => s with { StoppedAtMs = FakeClock.StartMs + 70_000, UsageIsFinal = true }).Measured(120, 20).After(now));
        Assert.Equal((urgency, true), (intent.Urgency, intent.Receipt.IsFinal));
    }

    private static SettleIntent Intent(ALease lease) => lease.Decide().Intents.OfType<SettleIntent>().Single();

    private static Receipt? Settle(ALease lease) => lease.Decide().Intents.OfType<SettleIntent>().SingleOrDefault()?.Receipt;
}
