using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Requesting;

public sealed partial class RequestMachineTests
{
    private const long Now = 10_000;
    private static readonly LeaseId Id = LeaseId.Parse("0x" + new string('1', 64));
    private static readonly Place Here = new("0xa", "north");
    private static readonly Purchase Ordered = new(0, Id, Here, ExpiresAt: Now + 60, OfferExpiresAt: Now + 30, Funded: 1_000_000);
    private static readonly Purchase Bought = Ordered with { Terms = Some.Terms };
    private static readonly RequestWish Wish = new(
        false, 1, Some.Terms.SpecHash, Some.Terms.Resources, Some.Terms.DurationSeconds, new Ceiling(Some.Prices, 0, 0, 0), PlacementRules.None, 1_000_000);
    private static readonly RemoteSight Running = new(true, true, Some.Terms.SpecHash, true, "Running", "", ["http://here"]);
    private static readonly ChainLease Active = new(LeaseState.Active, CloseReason.None, 900_000, 100_000, 1, Now - 100, Now - 10, Now - 100 + Some.Terms.DurationSeconds);

    [Fact]
    public void Whatever_Happens_NothingIsBoughtTwice_NothingIsForgotten_AndDeletionEndsInARefund() => Prop.ForAll(
        Gen.Choose(0, (16 * 4 * 8 * 3) - 1).ListOf(120).ToArbitrary(),
        luck =>
        {
            var world = new RequestWorld();
            foreach (var one in luck) world.Tick(one);
            world.Delete();
            // From here on nothing happens but time: the datacenters do nothing any more, not even settle.
            for (var quiet = 0; quiet < 600 && !(world.Book.Purchases.Count == 0 && world.Fault is null); quiet++) world.Tick(15 + (64 * 5));
            var held = world.Leases.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Escrow);
            var spent = world.Leases.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Spent);
            return (world.Fault is null && world.Book.Purchases.Count == 0 && held.IsZero && world.Book.SpentEarlier == spent)
                .Label($"{world.Fault ?? "no fault"}; {world.Book.Purchases.Count} purchases, {held} in escrow, {world.Book.SpentEarlier} of {spent} counted after {world.Now} blocks");
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void WithoutTrouble_EveryReplicaIsBoughtOnce_AndLeftAlone()
    {
        var world = new RequestWorld();
        for (var i = 0; i < 20; i++) world.Tick(15 + (16 * (i % 4)) + (64 * 5));
        Assert.Equal(2, world.Leases.Count(l => l.State == LeaseState.Active));
        Assert.Equal(2, world.Book.Purchases.Count);
    }

    [Fact]
    public void Order_IsSent_UntilItsOfferIsOver_AndVoidWhenConfirmedBlocksArePastIt()
    {
        Assert.Equal(PurchaseAction.Match, Step(Ordered, Sight(ChainLease.Unknown)).Action);
        Assert.Equal("OfferOver", Step(Ordered, Sight(ChainLease.Unknown) with { LatestTime = Now + 30 }).Reason);
        var dead = Sight(ChainLease.Unknown) with { ConfirmedTime = Now + 61 };
        var decision = Decide(Ordered, dead);
        Assert.Equal([0], decision.FreeSlots);
        Assert.Equal("OrderVoid", Assert.Single(decision.Book.Purchases).Leaving);
        Assert.Equal(new Avoidance("0xa", Now + 600), Assert.Single(decision.Book.Avoided));
        Assert.Empty(Decide(Ordered with { IsExcused = true }, dead).Book.Avoided);
        // Known until no reorg can bring it back.
        Assert.Empty(Decide(Ordered, dead with { FinalizedTime = Now + 61 }).Book.Purchases);
    }

    [Fact]
    public void Order_OfADeletedRequest_IsNotSent() =>
        Assert.Equal("OrderExpiring", PurchaseMachine.Decide(Ordered, Sight(ChainLease.Unknown), Wish with { IsDeleted = true }, false).Reason);

    [Fact]
    public void LeaseOfALeftOrder_ThatAReorgBroughtBack_IsClosed() =>
        Assert.Equal(PurchaseAction.Close, Step(Bought with { Leaving = "OrderVoid" }, Sight(Active)).Action);

    [Fact]
    public void Workload_IsDelivered_WhereTheNamespaceIs()
    {
        Assert.Equal(PurchaseAction.Deliver, Step(Bought, Sight(Active, Running with { SpecHash = "" })).Action);
        Assert.Equal("NamespacePending", Step(Bought, Sight(Active, Running with { SpecHash = "", HasNamespace = false })).Reason);
        Assert.True(Step(Bought, Sight(Active)).IsReady);
    }

    [Fact]
    public void AnotherWorkload_GoesOnChainFirst()
    {
        var step = PurchaseMachine.Decide(Bought, Sight(Active), Wish with { SpecHash = "0xother" }, false);
        Assert.Equal(PurchaseAction.AmendSpec, step.Action);
        Assert.Equal(PurchaseAction.Amend, PurchaseMachine.Decide(Bought, Sight(Active), Wish with { Resources = Resources.None with { CpuMilli = 7 } }, false).Action);
    }

    [Fact]
    public void Term_IsMadeLonger_BeforeItEnds()
    {
        var wish = Wish with { Renew = new RenewPolicy(500) };
        var end = Active.ActivatedAt + Some.Terms.DurationSeconds;
        Assert.Equal(PurchaseAction.Wait, PurchaseMachine.Decide(Bought, Sight(Active), wish, false).Action);
        var late = Sight(Active with { Through = end - 500, Escrow = BigInteger.Pow(10, 20) }) with { LatestTime = end - 499 };
        var step = PurchaseMachine.Decide(Bought, late, wish, false);
        Assert.Equal((PurchaseAction.Amend, "Renewing", 2 * Some.Terms.DurationSeconds), (step.Action, step.Reason, step.DurationSeconds));
    }

    [Fact]
    public void Term_GrowsToWhatTheContractAllows_AndThatIsSaid()
    {
        var wish = Wish with { Renew = new RenewPolicy(500) };
        PurchaseStep At(uint seconds)
        {
            var end = Active.ActivatedAt + seconds;
            var purchase = Bought with { Terms = Some.Terms with { DurationSeconds = seconds } };
            return PurchaseMachine.Decide(purchase, Sight(Active with { Through = end - 500, EndsAt = end, Escrow = BigInteger.Pow(10, 20) }) with { LatestTime = end - 499 }, wish, false);
        }

        Assert.Equal((PurchaseAction.Amend, PurchaseMachine.LongestSeconds), (At(PurchaseMachine.LongestSeconds - 1).Action, At(PurchaseMachine.LongestSeconds - 1).DurationSeconds));
        var longest = At(PurchaseMachine.LongestSeconds);
        Assert.Equal((PurchaseAction.Wait, true), (longest.Action, longest.IsReady));
        Assert.Contains("366 days", longest.NotRenewed, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatOneStepWaitsFor_HoldsUpNoOther_AndWhatServesIsReady()
    {
        var end = Active.ActivatedAt + Some.Terms.DurationSeconds;
        var low = Sight(Active with { Escrow = 0, Claimed = 1_000_000 });
        var paid = Wish with { TopUp = new TopUpPolicy(1000, 300_000, 1_300_000), SpecHash = "0xother" };
        var topUp = PurchaseMachine.Decide(Bought, low, paid, false);
        Assert.Equal((PurchaseAction.TopUp, true, false), (topUp.Action, topUp.AmendsSpec, topUp.IsReady));
        var undelivered = low with { Remote = Running with { SpecHash = "" } };
        Assert.True(PurchaseMachine.Decide(Bought, undelivered, paid with { SpecHash = Wish.SpecHash }, false).Delivers);
        Assert.True(PurchaseMachine.Decide(Bought, low, paid with { SpecHash = Wish.SpecHash }, false).IsReady);

        var renewed = Wish with { Renew = new RenewPolicy(500) };
        var due = Sight(Active with { Through = end - 500, Escrow = BigInteger.Pow(10, 20) }) with { LatestTime = end - 499 };
        Assert.Equal((PurchaseAction.Amend, true), (PurchaseMachine.Decide(Bought, due, renewed, false).Action, PurchaseMachine.Decide(Bought, due, renewed, false).IsReady));
        Assert.Equal(PurchaseAction.AmendSpec, PurchaseMachine.Decide(Bought, due, renewed with { SpecHash = "0xother" }, false).Action);
        var stale = PurchaseMachine.Decide(Bought, due with { Remote = Running with { SpecHash = "" } }, renewed, false);
        Assert.Equal((PurchaseAction.Amend, true, false), (stale.Action, stale.Delivers, stale.IsReady));
    }

    // Whoever sends an amendment countersigns the usage that it comes with.
    [Fact]
    public void Terms_AreNotAmended_WhereTheDatacenterShowsNothing()
    {
        var end = Active.ActivatedAt + Some.Terms.DurationSeconds;
        PurchaseStep Late(RemoteSight remote, RequestWish wish) => PurchaseMachine.Decide(Bought, Sight(Active with { Through = end - 500, Escrow = BigInteger.Pow(10, 20) }, remote) with { LatestTime = end - 499 }, wish, false);
        var (renewed, larger) = (Wish with { Renew = new RenewPolicy(500) }, Wish with { Resources = Resources.None with { CpuMilli = 7 } });
        Assert.All([RemoteSight.Silent("no answer."), RemoteSight.Unasked("no key.")], away => Assert.All([renewed, larger, larger with { SpecHash = "0xother" }], wish =>
        {
            var step = Late(away, wish);
            Assert.Equal((PurchaseAction.Wait, away.Reason), (step.Action, step.Reason));
            Assert.Contains("asked for once its datacenter answers", step.Message, StringComparison.Ordinal);
        }));
        // What does not serve is not paid for longer; with more resources it may.
        var ill = Running with { IsReady = false, Reason = "CrashLoop" };
        Assert.Equal((PurchaseAction.Wait, "CrashLoop"), (Late(ill, renewed).Action, Late(ill, renewed).Reason));
        var mended = Late(ill, larger with { Renew = renewed.Renew });
        Assert.Equal((PurchaseAction.Amend, "Amending", Some.Terms.DurationSeconds), (mended.Action, mended.Reason, mended.DurationSeconds));
    }

    [Fact]
    public void Escrow_IsToppedUp_ToASum_ThatIsWrittenDownFirst()
    {
        var wish = Wish with { TopUp = new TopUpPolicy(1000, 300_000, 1_300_000) };
        var low = Sight(Active with { Escrow = 0, Claimed = 1_000_000 });
        var decision = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(low), wish, 0, Now);
        Assert.Equal((PurchaseAction.TopUp, (BigInteger)1_300_000), (decision.Steps[0].Step.Action, decision.Steps[0].Step.Funded));
        Assert.Equal(1_300_000, decision.Book.Purchases[0].Funded);
        // Sent again, not more, as long as it is not there.
        var again = RequestMachine.Decide(decision.Book, Seen(low), wish, 0, Now);
        Assert.Equal(1_300_000, again.Steps[0].Step.Funded);
        var there = RequestMachine.Decide(decision.Book, Seen(Sight(Active with { Escrow = 300_000, Claimed = 1_000_000 })), wish, 0, Now);
        Assert.NotEqual(PurchaseAction.TopUp, there.Steps[0].Step.Action);
        var used = RequestMachine.Decide(decision.Book, Seen(Sight(Active with { Escrow = 0, Claimed = 1_300_000 })), wish, 0, Now);
        Assert.Contains("spec.escrow.topUp.max", used.Steps[0].Step.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatADisputeGaveBack_CountsOnce()
    {
        var wish = Wish with { TopUp = new TopUpPolicy(1000, 300_000, 1_600_000) };
        // 1,000,000 were put in; 400,000 of what was claimed came back into the escrow.
        var ruled = Sight(Active with { Escrow = 400_000, Claimed = 1_000_000, Disallowed = 400_000 });
        Assert.NotEqual(PurchaseAction.TopUp, PurchaseMachine.Decide(Bought, ruled, wish, false).Action);
        var written = Bought with { Funded = 1_300_000 };
        Assert.Equal((PurchaseAction.TopUp, (BigInteger)1_300_000), (PurchaseMachine.Decide(written, ruled, wish, false).Action, PurchaseMachine.Decide(written, ruled, wish, false).Funded));
    }

    [Fact]
    public void WhatLeasesWereClaimed_StaysCounted_WhenTheyAreReplacedAndForgotten_WhoeverEditsTheSpec()
    {
        // 100,000 were claimed, and a quarter of that ruled to be the payer's.
        var ruled = Active with { Escrow = 925_000, Disallowed = 25_000 };
        var wish = Wish with { Failover = new FailoverPolicy(60, 90, 1) };
        var first = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(Sight(ruled, RemoteSight.Silent("no answer"))), wish, 0, Now);
        Assert.Equal((75_000, 925_000), (first.Book.Spent, first.Book.Held));
        // Looked at again, it is the same and not the double.
        var left = RequestMachine.Decide(first.Book, Seen(Sight(ruled, RemoteSight.Silent("no answer")) with { LatestTime = Now + 91 }), wish, 0, Now + 91);
        Assert.Equal((75_000, 925_000), (left.Book.Spent, left.Book.Held));

        // Another lease serves; the one before is closed in the newest block, and then in a final one.
        var other = LeaseId.Parse("0x" + new string('2', 64));
        var bought = left.Book with { Purchases = [.. left.Book.Purchases, Bought with { Id = other, Place = new Place("0xb", "south") }] };
        var closed = Active with { State = LeaseState.Closed, Reason = CloseReason.Tenant, Escrow = 0, Claimed = 300_000, Disallowed = 25_000 };
        var sights = new Dictionary<LeaseId, PurchaseSight> { [Id] = Sight(closed), [other] = Sight(Active with { Claimed = 7, Escrow = 999_993 }) };
        var open = RequestMachine.Decide(bought, sights, wish, 1, Now + 100);
        Assert.Equal((275_007, 999_993, 0), (open.Book.Spent, open.Book.Held, open.Book.SpentEarlier));
        sights[Id] = Sight(closed) with { Finalized = closed };
        var final = RequestMachine.Decide(open.Book, sights, wish, 2, Now + 200);
        Assert.Equal(other, Assert.Single(final.Book.Purchases).Id);
        Assert.Equal((275_007, 999_993, 275_000), (final.Book.Spent, final.Book.Held, final.Book.SpentEarlier));
        Assert.Equal(final.Book.Spent, RequestMachine.Decide(final.Book, sights, wish, 3, Now + 300).Book.Spent);
    }

    [Fact]
    public void Silent_BeyondThePolicy_IsReplaced_AndItsLeaseClosed_OnceAndNoMoreThanAllowed()
    {
        var wish = Wish with { Failover = new FailoverPolicy(60, 90, 1) };
        var silent = Sight(Active, RemoteSight.Silent("no answer"));
        var first = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(silent), wish, 0, Now);
        Assert.Equal(Now, first.Book.Purchases[0].SilentSince);
        var later = RequestMachine.Decide(first.Book, Seen(silent with { LatestTime = Now + 91 }), wish, 0, Now + 91);
        Assert.Equal(PurchaseAction.Close, later.Steps[0].Step.Action);
        Assert.Equal([0], later.FreeSlots);
        Assert.Equal((1, "0xa"), (later.Book.Replacements, Assert.Single(later.Book.Avoided).Provider));
        // The second one would be one too many: it stays where it is.
        var second = first.Book with { Replacements = 1 };
        Assert.Empty(RequestMachine.Decide(second, Seen(silent with { LatestTime = Now + 91 }), wish, 0, Now + 91).FreeSlots);
    }

    [Fact]
    public void WhatFailsOnOurSide_IsNobodysSilence()
    {
        var wish = Wish with { Failover = new FailoverPolicy(60, 90, 5) };
        var broken = Sight(Active, RemoteSight.Unasked("the kubeconfig is broken"));
        var first = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(broken), wish, 0, Now);
        var later = RequestMachine.Decide(first.Book, Seen(broken with { LatestTime = Now + 500 }), wish, 0, Now + 500);
        Assert.Equal((PurchaseAction.Wait, "AccessBroken"), (later.Steps[0].Step.Action, later.Steps[0].Step.Reason));
        Assert.Empty(later.FreeSlots);
    }

    [Fact]
    public void WhenAllFallSilentAtOnce_OneReplicaAPassGoesElsewhere()
    {
        var wish = Wish with { Replicas = 2, Failover = new FailoverPolicy(60, 90, 5) };
        var other = LeaseId.Parse("0x" + new string('2', 64));
        var silent = Sight(Active, RemoteSight.Silent("no answer"));
        var book = RequestBook.New with { Purchases = [Bought with { SilentSince = Now - 100 }, Bought with { Slot = 1, Id = other, SilentSince = Now - 100 }] };
        var sights = new Dictionary<LeaseId, PurchaseSight> { [Id] = silent, [other] = silent };
        var first = RequestMachine.Decide(book, sights, wish, 0, Now);
        Assert.Equal([0], first.FreeSlots);
        Assert.Equal([0, 1], RequestMachine.Decide(first.Book, sights, wish, 0, Now).FreeSlots);
    }

    [Fact]
    public void TermThatIsOver_IsClosedByTheTenant()
    {
        var over = Sight(Active) with { LatestTime = Active.EndsAt + 1 };
        Assert.Equal((PurchaseAction.Close, "TermOver"), (Step(Bought, over).Action, Step(Bought, over).Reason));
        Assert.NotEqual(PurchaseAction.Close, Step(Bought, over with { LatestTime = Active.EndsAt }).Action);
        // One that is to be renewed is given a moment: the amendment may be on its way.
        var renewed = Wish with { Renew = new RenewPolicy(50) };
        Assert.NotEqual(PurchaseAction.Close, PurchaseMachine.Decide(Bought, over, renewed, false).Action);
        Assert.Equal(PurchaseAction.Close, PurchaseMachine.Decide(Bought, over with { LatestTime = Active.EndsAt + 121 }, renewed, false).Action);
    }

    // What the tenant brought about itself costs no second deposit: the escrow that ran out, and its own word.
    [Theory]
    [InlineData(CloseReason.Escrow, false)]
    [InlineData(CloseReason.Tenant, false)]
    [InlineData(CloseReason.Provider, true)]
    public void WhatThePolicyReplaces_IsTheDatacentersDoing(CloseReason reason, bool isReplaced)
    {
        var wish = Wish with { Failover = new FailoverPolicy(60, 90, 5) };
        var closed = Sight(Active with { State = LeaseState.Closed, Reason = reason, Escrow = 0 });
        var decision = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(closed), wish, 0, Now);
        Assert.Equal(isReplaced ? [0] : [], decision.FreeSlots);
        Assert.Equal(isReplaced ? 1 : 0, decision.Book.Replacements);
        Assert.Equal(isReplaced ? 1 : 0, decision.Book.Avoided.Count);
        Assert.Equal(isReplaced ? null : $"Closed{reason}", decision.Book.Ended.SingleOrDefault()?.Reason);
    }

    [Fact]
    public void WorkloadThatStandsStillForLackOfEscrow_IsNotReplaced_OneThatIsPaidForIs()
    {
        var wish = Wish with { Failover = new FailoverPolicy(60, 90, 5) };
        var still = Running with { IsReady = false, Reason = "Suspended" };
        RequestDecision Later(ChainLease lease)
        {
            var first = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(Sight(lease, still)), wish, 0, Now);
            return RequestMachine.Decide(first.Book, Seen(Sight(lease with { Through = Now + 60 }, still) with { LatestTime = Now + 61 }), wish, 0, Now + 61);
        }

        Assert.Empty(Later(Active with { Escrow = 1, Claimed = 999_999 }).FreeSlots);
        Assert.Equal([0], Later(Active with { Escrow = BigInteger.Pow(10, 20) }).FreeSlots);
    }

    [Fact]
    public void TermThatWasNotMadeLonger_BeginsAnewElsewhere_OnlyWhereThatIsAllowed()
    {
        var over = Sight(Active with { State = LeaseState.Closed, Reason = CloseReason.Term, Escrow = 0 });
        var renewed = Wish with { Renew = new RenewPolicy(500) };
        var ended = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(over), renewed, 0, Now);
        Assert.Empty(ended.FreeSlots);
        Assert.Equal(RequestMachine.RenewFailed, Assert.Single(ended.Book.Ended).Reason);
        var elsewhere = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(over), renewed with { Failover = new FailoverPolicy(60, 90, 1) }, 0, Now);
        Assert.Equal([0], elsewhere.FreeSlots);
        Assert.Equal((1, "0xa"), (elsewhere.Book.Replacements, Assert.Single(elsewhere.Book.Avoided).Provider));
    }

    // Fewer were wanted, and at once as many again, before the chain had closed the one too many.
    [Fact]
    public void ReplicaThatIsWantedAgain_GetsAnotherLease_NotTheOneThatWasGivenNotice()
    {
        var fewer = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(Sight(Active)), Wish with { Replicas = 0 }, 0, Now);
        Assert.Equal((PurchaseAction.Close, "TooMany"), (fewer.Steps[0].Step.Action, fewer.Book.Purchases[0].Leaving));
        var again = RequestMachine.Decide(fewer.Book, Seen(Sight(Active with { State = LeaseState.Closing, Reason = CloseReason.Tenant })), Wish, 1, Now);
        Assert.Equal([0], again.FreeSlots);
        Assert.Empty(again.Book.Ended);
    }

    [Theory]
    [InlineData(CloseReason.Term, false, "TermOver")]
    [InlineData(CloseReason.Escrow, false, "ClosedEscrow")]
    [InlineData(CloseReason.Provider, false, "ClosedProvider")]
    [InlineData(CloseReason.Refused, true, null)]
    public void LeaseThatEndsByItself_LeavesItsReplicaAsThePolicySays(CloseReason reason, bool isFree, string? ended)
    {
        var decision = Decide(Bought, Sight(Active with { State = LeaseState.Closed, Reason = reason, Escrow = 0 }));
        Assert.Equal(isFree ? [0] : [], decision.FreeSlots);
        Assert.Equal(ended, decision.Book.Ended.SingleOrDefault()?.Reason);
        // Who changes the spec begins anew.
        Assert.Equal([0], RequestMachine.Decide(decision.Book, Seen(Sight(Active with { State = LeaseState.Closed, Reason = reason })), Wish, 1, Now).FreeSlots);
    }

    [Fact]
    public void UnreadChain_EndsNothing_AndBuysNothing()
    {
        var decision = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, new Dictionary<LeaseId, PurchaseSight>(), Wish, 0, Now);
        Assert.Equal(PurchaseAction.Wait, decision.Steps[0].Step.Action);
        Assert.Empty(decision.FreeSlots);
        Assert.Equal([Bought], decision.Book.Purchases);
    }

    [Fact]
    public void SecondOrderForAReplica_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => RequestMachine.Order(RequestBook.New with { Purchases = [Ordered] }, Ordered with { Id = LeaseId.Parse("0x" + new string('2', 64)) }));

    private static PurchaseStep Step(Purchase purchase, PurchaseSight sight) => PurchaseMachine.Decide(purchase, sight, Wish, mayReplace: false);

    private static RequestDecision Decide(Purchase purchase, PurchaseSight sight) => RequestMachine.Decide(RequestBook.New with { Purchases = [purchase] }, Seen(sight), Wish, 0, Now);

    private static Dictionary<LeaseId, PurchaseSight> Seen(PurchaseSight sight) => new() { [Id] = sight };

    private static PurchaseSight Sight(ChainLease latest, RemoteSight? remote = null) => new(latest, ChainLease.Unknown, Now, Now - 12, Now - 60, remote ?? Running);
}
