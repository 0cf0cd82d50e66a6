using FsCheck;
using FsCheck.Fluent;

namespace Federation.Application.Tests.Holding;

/// <summary>Whatever happens in whatever order, two leaders included: what tenants may claim is never more than there is.</summary>
public sealed class PromiseTests
{
    private const int Histories = 1000;
    private const int Length = 40;

    // What it takes for a bid to become anything: rare among all deeds.
    private static readonly Deed[] Bidding = [Deed.Bid, Deed.BidArrives, Deed.BidWins, Deed.BidLoses, Deed.TimePasses, Deed.PollChain, Deed.Sweep];

    // The same for an amendment, of a lease that runs.
    private static readonly Deed[] Amending =
        [Deed.Match, Deed.Activate, Deed.PodsStart, Deed.AskAmendment, Deed.AskAmendment, Deed.Amend, Deed.AmendAtTheLastMoment, Deed.Redeploy, Deed.TimePasses, Deed.PollChain, Deed.Sweep];

    // The same for volumes that outlive their lease.
    private static readonly Deed[] Keeping =
        [Deed.Quote, Deed.Quote, Deed.Lives, Deed.Lives, Deed.Dies, Deed.Restart, Deed.AskAmendment, Deed.AskAmendment, Deed.Amend];

    private static readonly Gen<(Deed What, int Argument)> Event =
        from what in Gen.Frequency<Deed>((4, Gen.Constant(Deed.Quote)), (4, Gen.Elements(Enum.GetValues<Deed>())), (3, Gen.Elements(Bidding)), (5, Gen.Elements(Amending)), (5, Gen.Elements(Keeping)))
        from argument in Gen.Choose(0, 30)
        select (what, argument);

    [Fact]
    public void AnyHistory_PromisesNothingTwice() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Histories),
        Prop.ForAll(Arb.From(Event.ListOf(Length).Select(e => e.ToArray()), Shorter), Tell));

    // Found by the property: the new leader had nothing to write, and so nothing to meet it by.
    [Fact]
    public void OldLeadersLastHold_IsDropped() =>
        Tell([(Deed.Quote, 4), (Deed.Lives, 17), (Deed.Quote, 11), (Deed.Quote, 7), (Deed.Lives, 27), (Deed.Sweep, 11), (Deed.NewLeader, 2), (Deed.Quote, 15), (Deed.OldLeaderQuotes, 29)]);

    private static void Tell((Deed What, int Argument)[] events)
    {
        var market = new PromiseMarket();
        foreach (var (what, argument) in events)
        {
            market.Do(what, argument);
            market.CheckPromises();
        }

        // Once all is over, all is free again: nothing is kept for nobody.
        market.EndAll();
        market.CheckAllFree();
    }

    private static IEnumerable<(Deed What, int Argument)[]> Shorter((Deed What, int Argument)[] events)
    {
        for (var size = events.Length / 2; size > 0; size /= 2)
            for (var at = 0; at + size <= events.Length; at += size)
                yield return [.. events[..at], .. events[(at + size)..]];
    }
}
