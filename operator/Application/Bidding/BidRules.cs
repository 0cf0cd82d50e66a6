using Federation.Application.Ports;

namespace Federation.Application.Bidding;

/// <summary>What there is to do about a posted Request.</summary>
public enum BidStep
{
    /// <summary>Nothing now.</summary>
    Wait,

    /// <summary>Bid: it is open, and this provider has no bid there.</summary>
    Bid,

    /// <summary>The time for bids is over, this provider has one, and nobody has sent the award.</summary>
    Award,

    /// <summary>Nothing any more.</summary>
    Over,
}

/// <summary>When to bid and when to send the award. Pure.</summary>
public static class BidRules
{
    /// <summary>
    /// Seconds before the end of the time for bids in which bids are made. A bid keeps its capacity from everybody else until
    /// the award, whoever is the first to bid wins nothing by it, and windows may be seven days long.
    /// </summary>
    public const long Lead = 300;

    /// <summary>
    /// Seconds after that end before the cheapest bidder sends the award, when nobody did; the next one waits as long again,
    /// so that rarely two pay for it and one that sleeps keeps nobody's capacity bound.
    /// </summary>
    public const long AwardAfter = 5;

    /// <summary>Seconds after that end in which a block of the last second may still be seen: a bid in it counts.</summary>
    public const long Late = 60;

    /// <param name="now">Unix seconds.</param>
    public static BidStep Decide(PostState latest, string provider, long now)
    {
        if (latest.BiddingUntil == 0 || latest.Held.IsZero || now > latest.AwardUntil) return BidStep.Over;
        var rank = RankOf(latest, provider);
        if (now <= latest.BiddingUntil) return rank is null && now >= latest.BiddingUntil - Lead ? BidStep.Bid : BidStep.Wait;
        if (rank is not { } place) return now > latest.BiddingUntil + Late ? BidStep.Over : BidStep.Wait;
        return now > latest.BiddingUntil + (AwardAfter * (1 + place)) ? BidStep.Award : BidStep.Wait;
    }

    /// <summary>
    /// A bid can become no lease any more that is not counted: nothing is held for its Request, or the time for bids is over and
    /// it is not among them. Before that end it may still be on its way.
    /// </summary>
    /// <param name="seen">In a block up to which every match is counted.</param>
    /// <param name="blockTime">Of that block, unix seconds.</param>
    public static bool IsOver(PostState seen, string provider, long blockTime) =>
        seen.BiddingUntil != 0 && (seen.Held.IsZero || (blockTime > seen.BiddingUntil && RankOf(seen, provider) is null));

    /// <summary>Place of the provider's bid, the cheapest is 0; null when it has none there.</summary>
    public static int? RankOf(PostState state, string provider)
    {
        for (var i = 0; i < state.Bids.Count; i++)
            if (Addresses.Same(state.Bids[i].Provider, provider)) return i;
        return null;
    }
}
