using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>What the chain would say to a match of this provider with a Request, read before an Offer is signed.</summary>
public interface IMarketReader
{
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<MarketStanding> ReadAsync(RequestTerms request, CancellationToken cancellation);
}

/// <param name="IsOpeningPaused">The guardian has paused new leases.</param>
/// <param name="IsActive">The registry takes new leases of this provider.</param>
/// <param name="Capabilities">Bits that the provider claims; those that the Request's auditor attests, where it names one.</param>
/// <param name="MaturitySeconds">Length of a maturity bucket.</param>
/// <param name="SliceBps">Stake that a lease locks, of two buckets at the full rate; 0: none is demanded.</param>
/// <param name="Bounty">Part of every closing reserve, smallest units.</param>
/// <param name="FreeStake">Smallest units of the provider's stake that no lease has locked.</param>
/// <param name="RoyaltyBps">Of the Request's app; 0 without one, null when nobody registered it.</param>
public sealed record MarketStanding(
    bool IsOpeningPaused,
    bool IsActive,
    BigInteger Capabilities,
    uint MaturitySeconds,
    uint SliceBps,
    BigInteger Bounty,
    BigInteger FreeStake,
    uint? RoyaltyBps);
