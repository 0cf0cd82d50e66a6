using Federation.Application.Ports;

namespace Federation.Testing.Chain;

/// <summary>A market in which nothing moves.</summary>
public sealed class FixedMarket(MarketStanding standing) : IMarketReader
{
    /// <summary>Nothing stands in the way of a match.</summary>
    public static FixedMarket Open { get; } = new(new MarketStanding(
        IsOpeningPaused: false, IsActive: true, Capabilities: 0, MaturitySeconds: 0, SliceBps: 0, Bounty: 0, FreeStake: 0, RoyaltyBps: 0));

    public Task<MarketStanding> ReadAsync(RequestTerms request, CancellationToken cancellation) => Task.FromResult(standing);
}
