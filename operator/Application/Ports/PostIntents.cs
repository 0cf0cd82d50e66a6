using Federation.Domain.Leases;
using Federation.Domain.Settlement;

namespace Federation.Application.Ports;

/// <summary>Make leases of the bids for a posted Request, whose time is over.</summary>
/// <param name="Offers">Those of all bids, in the order of the contract.</param>
public sealed record AwardIntent(LeaseId Id, RequestTerms Request, IReadOnlyList<SignedOffer> Offers) : ChainIntent(Id)
{
    public override int Priority => 3;
}

/// <summary>Bid for a posted Request. The contract keeps one bid of a provider: a second one takes the place of the first.</summary>
public sealed record BidIntent(LeaseId Id, RequestTerms Request, SignedOffer Offer) : ChainIntent(Id)
{
    public override int Priority => 4;
}
