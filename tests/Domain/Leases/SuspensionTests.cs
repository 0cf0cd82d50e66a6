using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

/// <summary>A lease whose escrow is down to the closing reserve. It was activated at the clock's start and measured for 100 s.</summary>
public sealed class SuspensionTests
{
    private const long Start = FakeClock.StartMs / 1000;
    private const long Grace = 600;

    private static readonly BigInteger Reserve = Accrual.ClosingReserve(Some.Terms);

    // 150 core-seconds cost 150: 50 less than the reserve is left.
    private static readonly ALease Poor = ALease.Active().Running().With(escrow: Reserve + 100).Measured(100, 150).After(106).Keeping(Grace);

    [Fact]
    public void EscrowDownToTheReserve_StandsStill_AndNothingIsSettled()
    {
        var decision = Poor.Decide();
        Assert.IsType<SuspendWorkload>(Assert.Single(decision.Effects));
        Assert.Empty(decision.Intents);
        Assert.Equal((LeasePhase.Suspended, new Suspension(Start + 106, Start + 106 + Grace, 0, 0, [])), (decision.Status.Phase, decision.Status.Suspension! with { Volumes = [] }));
        Assert.Equal(Start + 106 + Grace, decision.Status.Money!.ExpectedEnd);
        var ready = decision.Status.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal((ConditionStatus.False, "Suspended"), (ready.Status, ready.Reason));
        Assert.Contains("Top up by ", ready.Message, StringComparison.Ordinal);
        Assert.All(decision.Status.Conditions, c => Assert.NotEmpty(c.Message));
    }

    [Fact]
    public void OneUnitAboveTheReserve_RunsOn() => Assert.Null(Poor.With(escrow: Reserve + 151).Decide().Status.Suspension);

    [Fact]
    public void WithoutPatience_ItIsSettledAndClosed_AsEver()
    {
        var decision = Poor.Keeping(0).Decide();
        Assert.Null(decision.Status.Suspension);
        Assert.IsType<SettleIntent>(Assert.Single(decision.Intents));
        Assert.Contains(Poor.With(escrow: Reserve).Decide().Intents, i => i is CloseIntent { Expected: CloseReason.Escrow });
        Assert.Contains(Poor.WithIntake(Intake.Draining).Decide().Intents, i => i is CloseIntent { Expected: CloseReason.Provider });
    }

    [Fact]
    public void NothingRuns_NothingIsToBeSaved() =>
        Assert.Null(Poor.WithCluster(c => c with { Items = [new ItemFact("sum", "Job", 1, 0, 1, false, "")], Pods = [] }).Decide().Status.Suspension);

    // Whoever spoils the manifest of a lease that cannot pay does not keep it running by that.
    [Fact]
    public void TenantsManifest_HasNoSayInIt()
    {
        Assert.IsType<SuspendWorkload>(Assert.Single(Poor.WithWorkload(faults: "spoilt").Decide().Effects));
        Assert.IsType<SuspendWorkload>(Assert.Single(Poor.WithWorkload(hash: "0xother").Decide().Effects));
    }

    [Fact]
    public void Grace_EndsWithTheTermAtTheLatest() =>
        Assert.Equal(Start + 300, Poor.WithTerms(t => t with { DurationSeconds = 300 }).Decide().Status.Suspension!.Until);

    [Fact]
    public void Grace_IsNoLongerThanItsVolumesArePaidFor()
    {
        var suspension = Poor.WithVolume(100 << 10).Decide().Status.Suspension!;
        // A unit a second for the volume: what remains after 20 s of full load, less bounty and 60 s of notice.
        Assert.InRange(suspension.Until - suspension.Since, 200, 300);
        Assert.Null(Poor.WithVolume(10 << 20).Decide().Status.Suspension);
    }

    // Rule: unpaid work is at most what runs until it has stopped, and that is taken off beforehand.
    [Fact]
    public void Volumes_ArePaidThroughGraceAndNotice_WhateverThePrices() => Prop.ForAll(
        (from storage in Gen.Choose(0, 2_000_000_000) from mib in Gen.Choose(1, 1 << 24) from notice in Gen.Choose(0, 7200) select (Storage: storage, MiB: (uint)mib, Notice: (uint)notice)).ToArbitrary(),
        Gen.Choose(0, 2_592_000).ToArbitrary(),
        Gen.Choose(0, 149).ToArbitrary(),
        (x, grace, spare) =>
        {
            var lease = Poor.Keeping(grace).WithVolume(x.MiB).WithTerms(t => t with { NoticeSeconds = x.Notice, Prices = t.Prices with { Storage = x.Storage }, DurationSeconds = uint.MaxValue });
            var seen = lease.Seen();
            var reserve = Accrual.ClosingReserve(seen.View.Terms);
            seen = lease.With(escrow: reserve + 1 + spare).Seen();
            var outlook = EscrowOutlook.Of(seen.View, seen.Metering.Position!.ToVector(), Start + 100);
            if (LeaseMachine.Decide(seen).Status.Suspension is not { } suspension) return true;
            var terms = seen.View.Terms;
            var stopping = Accrual.RateCap(terms.Prices, terms.Resources, 20);
            var kept = Accrual.RateCap(terms.Prices, Resources.None with { StorageMiB = x.MiB }, suspension.Until - suspension.Since + terms.NoticeSeconds);
            return suspension.Until <= suspension.Since + grace && (x.Storage == 0 || outlook.Remaining - stopping - kept >= terms.Parameters.Bounty);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Stopped_IsQuiet_AndItsVolumesAreNoted()
    {
        var suspension = Poor.Decide().Status.Suspension!;
        var still = Still(Poor.WithVolume(64), suspension).Decide();
        Assert.Equal((Start + 106) * 1000, still.Status.Suspension!.StoppedAtMs);
        Assert.Equal([new KeptVolume("volume", 64)], still.Status.Suspension.Volumes);
        Assert.Empty(still.Effects);
        Assert.Empty(still.Intents);
        // A pod on its way out is waited for.
        var leaving = Poor.WithStatus(s => s with { Suspension = suspension }).WithCluster(c => c with { Items = [c.Items[0] with { Desired = 0 }] }).Decide();
        Assert.Equal(0, leaving.Status.Suspension!.StoppedAtMs);
        Assert.Empty(leaving.Effects);
        // Then nothing is written until the epoch is measured, whatever is left.
        var quiet = Still(Poor, still.Status.Suspension).After(150);
        Assert.Equal(still.Status.Suspension.StoppedAtMs, quiet.Decide().Status.Suspension!.StoppedAtMs);
        Assert.InRange(quiet.Decide().NextLookMs, (Start + 165) * 1000, (Start + 180) * 1000);
    }

    [Fact]
    public void Job_ThatIsUnfinished_IsSuspended_AndOneThatIsOverIsNot()
    {
        ItemFact job = new("sum", "Job", 2, 1, 1, false, "");
        Assert.IsType<SuspendWorkload>(Assert.Single(Poor.WithCluster(c => c with { Items = [job] }).Decide().Effects));
        foreach (var over in new[] { job with { Succeeded = 2 }, job with { Failed = true }, job with { IsSuspended = true } })
            Assert.Empty(Still(Poor, Poor.Decide().Status.Suspension!).WithCluster(c => c with { Items = [over] }).Decide().Effects);
    }

    // What people are told is enough, whenever it comes, and not much more than that.
    [Fact]
    public void WhatIsMissing_IsEnough_UntilTheGraceIsOver() => Prop.ForAll(
        Gen.Choose(0, 1 << 20).ToArbitrary(),
        Gen.Choose(0, 100).ToArbitrary(),
        (mib, percent) =>
        {
            var rich = Poor.WithTerms(t => t with { NoticeSeconds = 3600, DurationSeconds = 86_400 });
            var reserve = Accrual.ClosingReserve(rich.Seen().View.Terms);
            var first = rich.With(escrow: reserve + 100).WithVolume((uint)mib);
            if (first.Decide().Status.Suspension is not { } suspension) return true;
            var told = Missing(first.Decide());
            var after = 106 + ((suspension.Until - suspension.Since) * percent / 100);
            // Its volumes were measured meanwhile.
            var later = Still(first, suspension with { StoppedAtMs = (Start + 106) * 1000 }).After(after).Stored(after, 150, (ulong)mib * (ulong)(after - 106));
            return Resumes(later.With(escrow: reserve + 100 + told)) && !Resumes(later.With(escrow: reserve + 100));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TopUp_WakesIt_AndItIsRememberedUntilItIsMeasured()
    {
        var suspension = Poor.Decide().Status.Suspension! with { StoppedAtMs = (Start + 110) * 1000 };
        var enough = Still(Poor, suspension).With(escrow: Reserve + 100 + Missing(Poor.Decide())).After(200);
        var woken = enough.Decide();
        Assert.IsType<EnsureWorkload>(Assert.Single(woken.Effects));
        Assert.Equal((Start + 200) * 1000, woken.Status.Suspension!.EndedAtMs);
        Assert.NotEqual(LeasePhase.Suspended, woken.Status.Phase);
        // Measured until before it woke, then until after.
        Assert.Equal(woken.Status.Suspension, enough.WithStatus(_ => woken.Status).After(210).Decide().Status.Suspension);
        Assert.Null(enough.WithStatus(_ => woken.Status).After(210).Measured(201, 150).Decide().Status.Suspension);
    }

    [Fact]
    public void SuspendedJob_IsApplied_ThoughItsHashIsRight() =>
        Assert.IsType<EnsureWorkload>(Assert.Single(ALease.Active().Running().WithCluster(c => c with { Items = [new ItemFact("sum", "Job", 1, 0, 0, false, "") { IsSuspended = true }] }).Decide().Effects));

    [Fact]
    public void GraceOver_IsSettled_ThenClosedForItsEscrow()
    {
        var over = Still(Poor, Poor.Decide().Status.Suspension!).After(106 + Grace);
        Assert.IsType<SettleIntent>(Assert.Single(over.Decide().Intents));
        var settled = over.With(escrow: Reserve - 50, claimed: 150, through: 100);
        Assert.Equal(CloseReason.Escrow, Assert.Single(settled.Decide().Intents.OfType<CloseIntent>()).Expected);
        Assert.Empty(settled.Decide().Effects);
    }

    [Fact]
    public void GraceOver_WithTooLittleAdded_EndsWithNotice()
    {
        var little = Still(Poor, Poor.Decide().Status.Suspension!).With(escrow: Reserve + 200);
        Assert.DoesNotContain(little.After(106 + Grace - 1).Decide().Intents, i => i is CloseIntent);
        Assert.Equal(CloseReason.Provider, Assert.Single(little.After(106 + Grace).Decide().Intents.OfType<CloseIntent>()).Expected);
    }

    [Theory]
    [InlineData(CloseReason.Escrow, 60, false)]
    [InlineData(CloseReason.Provider, 60, false)]
    [InlineData(CloseReason.Escrow, 120, true)]
    [InlineData(CloseReason.Tenant, 60, true)]
    public void Closing_ItIsNotWoken_AndGoesWithTheNotice(CloseReason reason, long seconds, bool stops)
    {
        var suspension = new Suspension(Start + 10, Start + 50, (Start + 12) * 1000, 0, []);
        var decision = Still(ALease.Closing(reason).Running().Measured(12, 10), suspension).After(seconds).Decide();
        Assert.Equal(stops ? ["StopWorkload"] : [], decision.Effects.Select(e => e.GetType().Name));
        // From there on its volumes cost nothing.
        Assert.Equal(stops ? (Start + seconds) * 1000 : 0, decision.Status.Suspension!.EndedAtMs);
    }

    [Theory]
    [InlineData(0, 7200, 300)]
    [InlineData(64, 7200, 7200)]
    [InlineData(64, 0, 300)]
    public void Closed_VolumesAreRetained_AndItIsSaidUntilWhen(int mib, long retention, long expected)
    {
        var closed = ALease.Closed().Keeping(0, retention).After(300);
        var decision = (mib > 0 ? closed.WithVolume((uint)mib) : closed).Decide();
        Assert.Equal(Start + 300 + expected, decision.Status.RetainedUntil);
        Assert.Equal(mib > 0, decision.Status.Conditions.Single(c => c.Type == "Finished").Message.Contains("kept until 20", StringComparison.Ordinal));
        // What was promised stands, whatever the administrator writes later.
        var later = closed.Keeping(0, 1).WithStatus(_ => decision.Status);
        Assert.DoesNotContain(later.After(299 + expected).Decide().Effects, e => e is RemoveNamespace);
        Assert.Contains(later.After(300 + expected).Decide().Effects, e => e is RemoveNamespace);
    }

    // Written by an operator that did not know of it.
    [Fact]
    public void Closed_WithoutAPromise_GetsOneFromItsClose() =>
        Assert.Equal(Start + 500, ALease.Closed().WithStatus(s => s with { ClosedAtMs = (Start + 200) * 1000 }).After(300).Decide().Status.RetainedUntil);

    private static ALease Still(ALease lease, Suspension suspension) => lease
        .WithStatus(s => s with { Suspension = suspension })
        .WithCluster(c => c with { AppliedSpecHash = null, Items = [.. c.Items.Select(i => i with { Desired = 0, Ready = 0 })], Pods = [] });

    private static bool Resumes(ALease lease) => lease.Decide().Status.Suspension is not { Lasts: true };

    private static BigInteger Missing(LeaseDecision decision)
    {
        var words = decision.Status.Conditions.Single(c => c.Type == "Ready").Message.Split(' ');
        return BigInteger.Parse(words[Array.IndexOf(words, "by") + 1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
