using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Settlement;
using Federation.Testing.Holding;

namespace Federation.Testing.Chain;

/// <summary>The open path of a market: what was posted, who has bid, who was awarded. Its clock is the test's.</summary>
public sealed class InMemoryPosts(FakeClock clock) : IPostLedger, IBidReader
{
    private const long AwardSeconds = 3_600;

    private readonly List<Entry> entries = [];
    private readonly List<(ulong Block, string Hash)> withdrawn = [];
    private int height = 1;

    /// <summary>Blocks; each post and each bid is in one of its own.</summary>
    public ulong Latest => (ulong)height;

    /// <summary>Bids that have reached the contract, however often.</summary>
    public int BidsTaken { get; private set; }

    /// <summary>Awards that have reached the contract.</summary>
    public int AwardsTaken { get; private set; }

    /// <summary>The most posts whose latest state was read at once.</summary>
    public int MostReadAtOnce { get; private set; }

    /// <summary>How often the Offers behind bids were looked up.</summary>
    public int OffersRead { get; private set; }

    public PostedRequest Post(RequestTerms request, long bidSeconds)
    {
        var until = clock.NowSeconds + bidSeconds;
        var post = new PostedRequest(FakeOfferSigner.HashOf(request), request, until, until + AwardSeconds, (ulong)++height);
        entries.Add(new Entry(post) { Held = request.Deposit * request.Fills });
        entries[^1].Note(Latest);
        return post;
    }

    /// <summary>Somebody bids; cheapest first is the order of the calls.</summary>
    public void Bid(string hash, string provider, int place, SignedOffer? offer = null)
    {
        var entry = Find(hash);
        if (clock.NowSeconds > entry.Post.BiddingUntil) throw new InvalidOperationException("BiddingOver");
        entry.Bids.RemoveAll(b => b.Provider == provider);
        entry.Bids.Insert(Math.Min(place, entry.Bids.Count), (provider, offer));
        (height, BidsTaken) = (height + 1, BidsTaken + 1);
        entry.Note(Latest);
    }

    public void Withdraw(string hash)
    {
        Find(hash).Held = 0;
        withdrawn.Add(((ulong)++height, hash));
        Find(hash).Note(Latest);
    }

    /// <returns>Who got leases.</returns>
    public IReadOnlyList<string> Award(string hash)
    {
        var entry = Find(hash);
        if (clock.NowSeconds <= entry.Post.BiddingUntil) throw new InvalidOperationException("BiddingNotOver");
        string[] winners = [.. entry.Bids.Take((int)entry.Post.Request.Fills).Select(b => b.Provider)];
        entry.Held -= entry.Post.Request.Deposit * winners.Length;
        entry.Bids.Clear();
        (height, AwardsTaken) = (height + 1, AwardsTaken + 1);
        entry.Note(Latest);
        return winners;
    }

    /// <summary>What the operator's intents do to it.</summary>
    public void Take(ChainIntent intent)
    {
        if (intent is BidIntent bid) Bid(bid.Offer.RequestHash, bid.Offer.Provider, place: 0, bid.Offer);
        if (intent is AwardIntent award) Award(FakeOfferSigner.HashOf(award.Request));
    }

    public Task<ulong> FindBlockAsync(long time, ulong from, ulong to, CancellationToken cancellation) => Task.FromResult(from);

    public Task<MarketNews> ReadPostedAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) => Task.FromResult(new MarketNews(
        [.. entries.Select(e => e.Post).Where(p => p.Block >= fromBlock && p.Block <= toBlock)],
        [.. withdrawn.Where(w => w.Block >= fromBlock && w.Block <= toBlock).Select(w => w.Hash)]));

    public Task<IReadOnlyList<PostState>> ReadStatesAsync(IReadOnlyList<string> requestHashes, ulong? block, CancellationToken cancellation)
    {
        if (block is null) MostReadAtOnce = Math.Max(MostReadAtOnce, requestHashes.Count);
        return Task.FromResult<IReadOnlyList<PostState>>([.. requestHashes.Select(h => entries.Find(e => e.Post.Hash == h)?.At(block ?? Latest) ?? PostState.Unknown)]);
    }

    public Task<IReadOnlyList<SignedOffer>?> ReadOffersAsync(PostedRequest post, IReadOnlyList<PlacedBid> bids, CancellationToken cancellation)
    {
        OffersRead++;
        return Task.FromResult<IReadOnlyList<SignedOffer>?>([.. Find(post.Hash).Bids.Select(b => b.Offer ?? new SignedOffer(b.Provider, "", post.Hash, Builders.Some.Offer, 0, "0x"))]);
    }

    private Entry Find(string hash) => entries.Find(e => e.Post.Hash == hash) ?? throw new InvalidOperationException("NotPosted");

    private sealed class Entry(PostedRequest post)
    {
        private readonly List<(ulong Block, PostState State)> states = [];

        public PostedRequest Post => post;

        public BigInteger Held { get; set; }

        public List<(string Provider, SignedOffer? Offer)> Bids { get; } = [];

        public PostState? At(ulong block) => states.LastOrDefault(s => s.Block <= block).State;

        public void Note(ulong block) => states.Add(
            (block, new PostState(post.BiddingUntil, post.AwardUntil, Held, [.. Bids.Select(b => new PlacedBid("0x" + b.Provider, b.Provider))])));
    }
}
