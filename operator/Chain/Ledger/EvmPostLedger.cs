using Federation.Application.Ports;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>The open path of one market, read from one node.</summary>
public sealed class EvmPostLedger(
    EthereumClient client, OrderDomain domain, uint logRange, ILogger<EvmPostLedger> log, ChainMetrics? metrics = null) : IPostLedger, IBidReader
{
    private readonly LogWalk walk = new(client, logRange, log, metrics);

    /// <inheritdoc/>
    public Task<ulong> FindBlockAsync(long time, ulong from, ulong to, CancellationToken cancellation) =>
        LedgerFault.WrapAsync("The times of blocks", metrics, async () =>
        {
            while (from < to)
            {
                var middle = from + ((to - from) / 2);
                var block = await client.GetBlockAsync(BlockParameter.AtNumber(middle), cancellation)
                    ?? throw LedgerFault.Transient($"The node does not have block {middle}.");
                if ((long)block.Timestamp < time) from = middle + 1;
                else to = middle;
            }

            return to;
        });

    /// <inheritdoc/>
    public Task<MarketNews> ReadPostedAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"The posted Requests of blocks {fromBlock} to {toBlock}", metrics, async () =>
        {
            var logs = await walk.ReadAsync(
                [LogFilter.ForEvent<RequestPostedEventDTO>(domain.Market, null, null), LogFilter.ForEvent<PostWithdrawnEventDTO>(domain.Market)],
                fromBlock, toBlock, cancellation);
            return new MarketNews(
                [.. logs[0].Select(l => walk.Decode(l, Post)).OfType<PostedRequest>()],
                [.. logs[1].Select(l => walk.Decode(l, one => one.DecodeEvent<PostWithdrawnEventDTO>().Event.RequestHash.ToString())).OfType<string>()]);
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<PostState>> ReadStatesAsync(IReadOnlyList<string> requestHashes, ulong? block, CancellationToken cancellation) =>
        LedgerFault.WrapAsync("The posted Requests", metrics, () => ReadAllAsync([.. requestHashes.Select(Bytes32.Parse)], block, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<SignedOffer>?> ReadOffersAsync(PostedRequest post, IReadOnlyList<PlacedBid> bids, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"The bids for {post.Hash}", metrics, async () =>
        {
            var latest = await client.GetBlockNumberAsync(cancellation);
            var filter = LogFilter.ForEvent<BidPlacedEventDTO>(domain.Market, Bytes32.Parse(post.Hash), null);
            var offers = new Dictionary<string, SignedOffer>();
            foreach (var one in (await walk.ReadAsync([filter], post.Block, latest, cancellation))[0])
                if (walk.Decode(one, Bid) is { } bid) offers[bid.Hash] = bid.Offer;
            var found = bids.Select(b => offers.GetValueOrDefault(b.OfferHash)).OfType<SignedOffer>().ToArray();
            return found.Length == bids.Count ? (IReadOnlyList<SignedOffer>)found : null;
        });

    private async Task<IReadOnlyList<PostState>> ReadAllAsync(Bytes32[] hashes, ulong? block, CancellationToken cancellation)
    {
        if (hashes.Length == 0) return [];
        var at = block is { } number ? BlockParameter.AtNumber(number) : BlockParameter.Latest;
        var calls = hashes.Select(h => (Post: new PostedFunction { RequestHash = h }, Bids: new BidsFunction { RequestHash = h })).ToArray();
        var answers = await client.Rpc.SendBatchAsync(
            [.. calls.SelectMany(c => new[] { EthereumClient.ToRequest(domain.Market, c.Post, at), EthereumClient.ToRequest(domain.Market, c.Bids, at) })], cancellation);
        return [.. calls.Select((c, i) => State(c.Post.DecodeOutput(answers[2 * i].Get<byte[]>()), c.Bids.DecodeOutput(answers[(2 * i) + 1].Get<byte[]>())))];
    }

    private static PostState State(Bindings.Post post, IReadOnlyList<Bindings.Bid> bids) => new(
        (long)post.BiddingUntil, (long)post.AwardUntil, post.Held, [.. bids.Select(b => new PlacedBid(b.OfferHash.ToString(), b.Provider.ToString()))]);

    private PostedRequest Post(Log one)
    {
        var post = one.DecodeEvent<RequestPostedEventDTO>().Event;
        if (domain.Typed(post.Request).Digest() != post.RequestHash) throw new InvalidDataException("its hash is not the Request's");
        return new PostedRequest(post.RequestHash.ToString(), post.Request.ToDomain(), (long)post.BiddingUntil, (long)post.AwardUntil, one.BlockNumber);
    }

    private static PlacedOffer Bid(Log one)
    {
        var bid = one.DecodeEvent<BidPlacedEventDTO>().Event;
        return new PlacedOffer(bid.OfferHash.ToString(), new SignedOffer(
            bid.Offer.Provider.ToString(), bid.Offer.Token.ToString(), bid.Offer.RequestHash.ToString(), bid.Offer.ToDomain(), bid.Offer.Counter, "0x"));
    }

    private sealed record PlacedOffer(string Hash, SignedOffer Offer);
}
