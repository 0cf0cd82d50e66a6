using System.Numerics;
using Federation.Application.Bidding;
using Federation.Application.Ports;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Holding;

/// <summary>Posted Requests that the operator bids for; block numbers are seconds. Keeps its own books of what bids may still become.</summary>
internal sealed class PromisePosts(Site site) : IPostLedger
{
    private const long BidSeconds = 60;
    private const long AwardSeconds = 100;

    private readonly List<Entry> entries = [];

    private long Now => site.Clock.NowSeconds;

    /// <summary>Devices of the bids that a block may still make a lease of.</summary>
    public int Open => entries.Where(e => e.IsHeld && Now <= e.AwardUntil && (e.IsPlaced || Now <= e.BiddingUntil)).Sum(e => e.Request.Resources.GpuA.Count);

    /// <summary>The same of storage.</summary>
    public long OpenMiB => entries.Where(e => e.IsHeld && Now <= e.AwardUntil && (e.IsPlaced || Now <= e.BiddingUntil)).Sum(e => (long)e.Request.Resources.StorageMiB);

    public async Task BidAsync(RequestTerms request)
    {
        var until = Now + BidSeconds;
        var offer = Some.Offer with { Resources = request.Resources, Prices = request.MaxPrices, ExpiresAt = until + AwardSeconds, Salt = request.Salt };
        var result = await site.Offers.SignBidAsync(offer, request, new BidPolicy(MaxOpen: 6, SharePercent: 100), default);
        if (result.Offer is not { } signed) return;
        entries.Add(new Entry(request, signed.RequestHash, until, until + AwardSeconds));
        Note(entries[^1]);
    }

    /// <summary>A bid gets into a block, at the last moment perhaps.</summary>
    public void Arrive(int argument) => Change(argument, e => e is { IsPlaced: false, IsHeld: true } && Now <= e.BiddingUntil, e => e.IsPlaced = true);

    public RequestTerms? Win(int argument)
    {
        RequestTerms? won = null;
        Change(argument, CanBeAwarded, e => (won, e.IsPlaced, e.IsHeld) = (e.Request, false, false));
        return won;
    }

    public void Lose(int argument) => Change(argument, CanBeAwarded, e => (e.IsPlaced, e.IsHeld) = (false, false));

    public void Withdraw(int argument) => Change(argument, e => e is { IsPlaced: false, IsHeld: true }, e => e.IsHeld = false);

    /// <summary>What the bidder's pass begins with.</summary>
    public async Task FreeAsync()
    {
        if (site.Health.Seen is { Picture.Head: var head }) await new BidHolds(site.Capacities, site.Store, this).ReadOpenAsync(head, Some.Provider, default);
    }

    public Task<ulong> FindBlockAsync(long time, ulong from, ulong to, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<MarketNews> ReadPostedAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) => throw new NotSupportedException();

    // One that is younger than the block is not there yet, though its bid is made from the latest one already.
    public Task<IReadOnlyList<PostState>> ReadStatesAsync(IReadOnlyList<string> requestHashes, ulong? block, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PostState>>([.. requestHashes.Select(h =>
            entries.First(e => e.Hash == h).States.LastOrDefault(s => (ulong)s.Time <= block).State ?? PostState.Unknown)]);

    private bool CanBeAwarded(Entry entry) => entry is { IsPlaced: true, IsHeld: true } && Now > entry.BiddingUntil && Now <= entry.AwardUntil;

    private void Change(int argument, Func<Entry, bool> which, Action<Entry> change)
    {
        var some = entries.Where(which).ToArray();
        if (some.Length == 0) return;
        change(some[argument % some.Length]);
        Note(some[argument % some.Length]);
    }

    private void Note(Entry entry)
    {
        PlacedBid[] bids = entry.IsPlaced ? [new PlacedBid("0x1", Some.Provider)] : [];
        entry.States.Add((Now, new PostState(entry.BiddingUntil, entry.AwardUntil, entry.IsHeld ? BigInteger.One : BigInteger.Zero, bids)));
    }

    private sealed class Entry(RequestTerms request, string hash, long biddingUntil, long awardUntil)
    {
        public RequestTerms Request => request;

        public string Hash => hash;

        public long BiddingUntil => biddingUntil;

        public long AwardUntil => awardUntil;

        public bool IsPlaced { get; set; }

        public bool IsHeld { get; set; } = true;

        public List<(long Time, PostState State)> States { get; } = [];
    }
}
