using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Workloads;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

/// <summary>When a lease is looked at again that nothing wakes.</summary>
public sealed class LeaseAgendaTests
{
    private const long Start = FakeClock.StartMs / 1000;
    private const long Hour = 3_600_000;

    private static readonly ALease Quiet = ALease.Active().Running().Measured(100, 1).With(through: 100).WithTerms(t => t with { DurationSeconds = 30 * 86_400 }).After(110);

    [Fact]
    public void RunsAndOwesNothing_IsLeftAlone() => Assert.Equal(300_000, Wait(Quiet));

    // Each that wakes the process at a time of its own costs more than its look.
    [Fact]
    public void ManyThatRunAndOweNothing_AreLookedAtTogether()
    {
        var next = Enumerable.Range(0, 300).Select(i => Quiet.After(110 + i).Seen() with { Policy = Some.Policy with { EpochMs = Hour, SettleEveryMs = Hour } })
            .Select(seen => (Next: LeaseMachine.Decide(seen).NextLookMs, seen.NowMs)).ToArray();
        Assert.All(next, look => Assert.InRange(look.Next - look.NowMs, 290_001, 300_000));
        Assert.InRange(next.DistinctBy(look => look.Next).Count(), 1, 31);
    }

    // What is not told by an event, or is still to come, is looked for.
    [Fact]
    public void AnythingElse_IsLookedAtSoon() => Assert.All(
        new Dictionary<string, ALease>
        {
            ["amended and not final"] = Quiet.FinalizedAs(LeaseState.Reserved),
            ["not placed"] = Quiet.WithReservation(Some.NotFitting),
            ["not all ready"] = Quiet.WithCluster(c => c with { Items = [c.Items[0] with { Ready = 0 }] }),
            ["other workload runs"] = Quiet.WithCluster(c => c with { AppliedSpecHash = "0xother" }),
            ["unmetered"] = Quiet.WithMeteringError("Prometheus does not answer."),
            ["failing"] = Quiet.WithFailure("NotOperator."),
            ["result to post"] = Quiet.AskingForPost().WithResult(Some.JobOutcome, null),
            ["image awaited"] = Quiet.WithImages(new ImageNews(null, false, null)),
            ["poor"] = Quiet.With(escrow: Accrual.ClosingReserve(Some.Terms) + 1_000),
            ["near its end"] = Quiet.After((30 * 86_400) - 500),
        },
        one => Assert.True(Wait(one.Value) <= 30_000, one.Key));

    // Three blocks deep, or for hours: what is due by the chain's clock is not looked for before that can have come.
    [Theory]
    [InlineData(36)]
    [InlineData(7_200)]
    public void ChainsClockIsBehind_NothingIsLookedForEverySecond(long lag)
    {
        var seen = Quiet.After(110 + lag).Seen();
        seen = seen with { View = seen.View with { BlockTime = Start + 110 }, Policy = Some.Policy with { EpochMs = Hour, SettleEveryMs = 20_000 } };
        Assert.InRange(LeaseMachine.Decide(seen).NextLookMs - seen.NowMs, 9_000, 300_000);
    }

    /// <summary>Time alone changes nothing of what is decided until the next look: every moment at which it does is one of its times.</summary>
    [Fact]
    public void UntilTheNextLook_TheSameIsDecided() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(Any(), seen =>
    {
        var now = LeaseMachine.Decide(seen);
        for (var at = seen.NowMs; at < now.NextLookMs; at += Math.Max(1_000, (now.NextLookMs - seen.NowMs) / 16)) Assert.Equal(Said(now), Said(LeaseMachine.Decide(At(seen, at))));
        Assert.Equal(Said(now), Said(LeaseMachine.Decide(At(seen, now.NextLookMs - 1))));
    }));

    // The chain's clock may be behind: what is measured is then ahead of it.
    private static Arbitrary<LeaseObservation> Any() => Arb.From(
        from settleEvery in Gen.Choose(10, 600)
        from patience in Gen.Choose(0, 1_000)
        from epoch in Gen.Choose(60, 3_600)
        from measured in Gen.Choose(1_000, 80_000)
        from back in Gen.Choose(0, 600)
        from waited in Gen.Choose(0, 400)
        from lag in Gen.Choose(0, 300)
        from cpu in Gen.Choose(0, 100)
        from pending in Gen.Choose(0, 1)
        from matured in Gen.Choose(0, 600)
        let ring = new MaturityRing(0, pending, (uint)(((Start + measured - matured) / Some.Terms.Parameters.MaturitySeconds) - 2))
        let seen = ALease.Active().Running().With(through: measured - back).WithTerms(t => t with { DurationSeconds = 86_400 }).WithChain(c => c with { Ring = ring }).Measured(measured, (ulong)cpu).After(measured + waited).Seen()
        select seen with
        {
            View = seen.View with { BlockTime = seen.View.BlockTime - lag },
            Policy = Some.Policy with { SettleEveryMs = 1_000L * settleEvery, SettlePatienceMs = 1_000L * patience, EpochMs = 1_000L * epoch },
        });

    private static long Wait(ALease lease)
    {
        var seen = lease.Seen() with { Policy = Some.Policy with { EpochMs = Hour, SettleEveryMs = Hour } };
        return LeaseMachine.Decide(seen).NextLookMs - seen.NowMs;
    }

    private static LeaseObservation At(LeaseObservation seen, long ms) => seen with { NowMs = ms, View = seen.View with { BlockTime = seen.View.BlockTime + ((ms - seen.NowMs) / 1000) } };

    // Not up to when a receipt claims: where the chain's clock is behind, that goes with every block.
    private static string Said(LeaseDecision decision) => string.Join(
        '\n',
        [
            .. decision.Effects.Select(e => e.GetType().Name),
            .. decision.Intents.Select(i => i is SettleIntent settle ? $"{settle.Receipt.Seq} {settle.Urgency}" : i.GetType().Name),
            .. decision.Status.Conditions.Select(c => $"{c.Type} {c.Status} {c.Message}"),
            $"{decision.Status.Phase} {decision.Status.Money}",
        ]);
}
