using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Domain.Tests.Requesting;

/// <summary>Replicas whose place the spec does not want any more.</summary>
public sealed partial class RequestMachineTests
{
    [Fact]
    public void ReplicaWhereTheChangedSpecLetsNoneBe_Moves_OneAtATime_AndCountsAsNoReplacement()
    {
        var wish = Wish with { Replicas = 2, Placement = PlacementRules.None with { Deny = ["0xA", "0xb"] } };
        var other = LeaseId.Parse("0x" + new string('2', 64));
        var book = RequestBook.New with { Purchases = [Bought, Bought with { Slot = 1, Id = other, Place = new Place("0xb", "south") }] };
        var sights = new Dictionary<LeaseId, PurchaseSight> { [Id] = Sight(Active), [other] = Sight(Active) };
        // A spec that nobody changed moves nothing: whoever wrote the book knew it.
        Assert.Empty(RequestMachine.Decide(book, sights, wish, 0, Now).FreeSlots);
        var first = RequestMachine.Decide(book, sights, wish, 1, Now);
        Assert.Equal([0], first.FreeSlots);
        Assert.Equal("Denied", first.Book.Purchases[0].Leaving);
        Assert.Equal(0, first.Book.Replacements);
        // It serves until there is another one, and the second one waits until that serves.
        Assert.Equal(PurchaseAction.Wait, first.Steps[0].Step.Action);
        var again = RequestMachine.Decide(first.Book, sights, wish, 1, Now);
        Assert.Equal([0], again.FreeSlots);
        Assert.Equal(PurchaseAction.Wait, again.Steps[0].Step.Action);
        var third = LeaseId.Parse("0x" + new string('3', 64));
        var ordered = first.Book with { Purchases = [.. first.Book.Purchases, Bought with { Id = third, Place = new Place("0xc", "east"), Terms = null }] };
        sights[third] = Sight(ChainLease.Unknown);
        Assert.Equal(PurchaseAction.Wait, RequestMachine.Decide(ordered, sights, wish, 1, Now).Steps[0].Step.Action);
        var bought = first.Book with { Purchases = [.. first.Book.Purchases, Bought with { Id = third, Place = new Place("0xc", "east") }] };
        sights[third] = Sight(Active, Running with { IsReady = false });
        var closes = RequestMachine.Decide(bought, sights, wish, 1, Now);
        Assert.Equal((PurchaseAction.Close, "Denied"), (closes.Steps[0].Step.Action, closes.Steps[0].Step.Reason));
        Assert.Empty(closes.FreeSlots);
        // Matched is not yet served, and who is silent serves nobody either.
        sights[third] = Sight(Active with { State = LeaseState.Reserved });
        Assert.Empty(RequestMachine.Decide(bought, sights, wish, 1, Now).FreeSlots);
        sights[third] = Sight(Active, RemoteSight.Silent("It does not answer."));
        Assert.Empty(RequestMachine.Decide(bought, sights, wish, 1, Now).FreeSlots);
        sights[third] = Sight(Active);
        Assert.Equal([1], RequestMachine.Decide(bought, sights, wish, 1, Now).FreeSlots);

        Assert.Equal([0], RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(Sight(Active)), Wish with { Placement = PlacementRules.None with { Regions = ["south"] } }, 1, Now).FreeSlots);
        Assert.Equal([0], RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(Sight(Active)), Wish with { Placement = PlacementRules.None with { Allow = ["0xb"] } }, 1, Now).FreeSlots);
    }

    [Fact]
    public void ReplicaThatServesUntilItsSuccessorIsBought_IsToppedUpMeanwhile_AndGoesWithItsRequest()
    {
        var wish = Wish with { Placement = PlacementRules.None with { Deny = ["0xa"] } };
        var moving = RequestMachine.Decide(RequestBook.New with { Purchases = [Bought] }, Seen(Sight(Active)), wish, 1, Now).Book;
        Assert.Equal(PurchaseAction.Close, RequestMachine.Decide(moving, Seen(Sight(Active)), wish with { IsDeleted = true }, 1, Now).Steps[0].Step.Action);
        Assert.Equal(PurchaseAction.Close, RequestMachine.Decide(moving, Seen(Sight(Active)), wish with { Replicas = 0 }, 1, Now).Steps[0].Step.Action);
        var low = Sight(Active with { Escrow = 1, Claimed = 999_999 });
        var funded = RequestMachine.Decide(moving, Seen(low), wish with { TopUp = new TopUpPolicy(600, 500, 1_000_000_000) }, 1, Now);
        Assert.Equal(PurchaseAction.TopUp, funded.Steps[0].Step.Action);
        Assert.Equal("Denied", funded.Book.Purchases[0].Leaving);
    }
}
