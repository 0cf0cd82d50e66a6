using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>Requests that were posted on chain, and what has become of them. Any method throws <see cref="LedgerException"/>.</summary>
public interface IPostLedger
{
    /// <summary>The first block that is not older than a time; <paramref name="to"/> when all are.</summary>
    /// <param name="time">Unix seconds.</param>
    Task<ulong> FindBlockAsync(long time, ulong from, ulong to, CancellationToken cancellation);

    /// <summary>Requests that were posted or withdrawn in the blocks, both ends included.</summary>
    Task<MarketNews> ReadPostedAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation);

    /// <summary>How they stand, in the order asked; a Request that is not posted is <see cref="PostState.Unknown"/>.</summary>
    /// <param name="block">Null: the latest.</param>
    Task<IReadOnlyList<PostState>> ReadStatesAsync(IReadOnlyList<string> requestHashes, ulong? block, CancellationToken cancellation);
}

/// <summary>Finds the Offers behind the bids: the contract keeps their hashes.</summary>
public interface IBidReader
{
    /// <returns>The Offers of the bids, in their order; null when they cannot be found now.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<IReadOnlyList<SignedOffer>?> ReadOffersAsync(PostedRequest post, IReadOnlyList<PlacedBid> bids, CancellationToken cancellation);
}

/// <param name="Withdrawn">Hashes of Requests whose escrow was taken back: they are posted no more, and cannot be again.</param>
public sealed record MarketNews(IReadOnlyList<PostedRequest> Posted, IReadOnlyList<string> Withdrawn);

/// <param name="Hash">Of the Request, 0x hex.</param>
/// <param name="BiddingUntil">Unix seconds; a bid may be in a block of this second still.</param>
/// <param name="AwardUntil">Unix seconds; bids are firm until then.</param>
/// <param name="Block">Where it was posted.</param>
public sealed record PostedRequest(string Hash, RequestTerms Request, long BiddingUntil, long AwardUntil, ulong Block);

/// <param name="BiddingUntil">0: it is not posted.</param>
/// <param name="Held">Smallest units that leases may still be made of; zero: none will be.</param>
/// <param name="Bids">Cheapest first; none after an award.</param>
public sealed record PostState(long BiddingUntil, long AwardUntil, BigInteger Held, IReadOnlyList<PlacedBid> Bids)
{
    public static PostState Unknown { get; } = new(0, 0, 0, []);
}

/// <param name="OfferHash">0x hex.</param>
/// <param name="Provider">0x hex.</param>
public sealed record PlacedBid(string OfferHash, string Provider);
