using System.Numerics;
using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Bidding;

/// <summary>
/// Posted Requests that a bid or an award may still be sent for. Nothing of it is kept: a new process finds them again in the
/// logs, from the first block on in which one may have been posted that is not over. To post costs next to nothing, so what it
/// is spared for has an order: first what this provider has bid for, then each in turn.
/// </summary>
/// <param name="startBlock">Where the market was deployed: nothing is read before it.</param>
public sealed class PostBook(IPostLedger ledger, ulong startBlock, TimeProvider clock, ILogger<PostBook> log)
{
    // The contract's longest time for bids and the hour for the award after it.
    private const long LongestLife = (7 * 86_400) + 3_600;

    // Those that hold most are kept: to have one left out somebody has to lock as much in each of so many at the same time.
    private const int Most = 1_024;

    // Looked at in one pass: two calls each, in one batch. All of the book have had their turn after sixteen passes, which are
    // fewer seconds than the shortest time for bids.
    private const int MostAtOnce = 64;

    // Blocks that are read before the book is cut.
    private const ulong Step = 10_000;

    // Seconds between two turns of one: capacity may get free, the chain's prices may change.
    private const long Retry = 10;

    private readonly Dictionary<string, Entry> posts = [];
    private object? lastRules;
    private ulong? next;
    private ulong told;
    private long? cutAt;

    /// <summary>Reads on to the confirmed head; from the beginning where something was left out that may have room now.</summary>
    /// <param name="rules">What <paramref name="isWanted"/> goes by, beside the post itself: when it is not equal to what it was, all is read again.</param>
    /// <param name="bound">Requests that this provider has bid for: they stay whatever comes.</param>
    /// <param name="isWanted">Whether one may be bid for at all; asked with true when it was not asked of that one before.</param>
    public async Task ReadOnAsync(LedgerHead head, object rules, IReadOnlySet<string> bound, Func<PostedRequest, bool, bool> isWanted, CancellationToken cancellation)
    {
        var now = Now();
        foreach (var over in posts.Values.Where(e => IsOver(e.Post)).ToArray()) posts.Remove(over.Post.Hash);
        if (!rules.Equals(lastRules)) Forget();
        lastRules = rules;
        if (cutAt + BidRules.Lead <= now) (next, cutAt) = (null, null);
        next ??= await ledger.FindBlockAsync(now - LongestLife, startBlock, Math.Max(startBlock, head.Confirmed), cancellation);
        while (next <= head.Confirmed)
        {
            var to = Math.Min(head.Confirmed, next.Value + Step - 1);
            var news = await ledger.ReadPostedAsync(next.Value, to, cancellation);
            foreach (var post in news.Posted)
                if (!IsOver(post) && (bound.Contains(post.Hash) || isWanted(post, post.Block > told)))
                    posts[post.Hash] = new Entry(post, posts.GetValueOrDefault(post.Hash)?.Due ?? Math.Max(now, post.BiddingUntil - BidRules.Lead));
            foreach (var hash in news.Withdrawn) posts.Remove(hash);
            (next, told) = (to + 1, Math.Max(told, to));
            Cut(bound, now);
        }

        // The award is for who has bid.
        bool IsOver(PostedRequest post) => now > (bound.Contains(post.Hash) ? post.AwardUntil : post.BiddingUntil + BidRules.Late);
    }

    /// <summary>What to look at in this pass: all that was bid for, and of the others those that have waited longest since their time came.</summary>
    public IReadOnlyList<PostedRequest> Due(IReadOnlySet<string> bound)
    {
        var now = Now();
        var groups = posts.Values.ToLookup(e => bound.Contains(e.Post.Hash));
        var others = groups[false].Where(e => e.Due <= now).OrderBy(e => e.Due).ThenBy(e => e.Post.BiddingUntil);
        return [.. groups[true].Concat(others.Take(Math.Max(0, MostAtOnce - groups[true].Count()))).Select(e => e.Post)];
    }

    /// <summary>True when it is its turn to be tried; the next one is some seconds later.</summary>
    public bool TakeTurn(string hash)
    {
        var now = Now();
        if (!posts.TryGetValue(hash, out var entry) || entry.Due > now) return false;
        posts[hash] = entry with { Due = now + Retry };
        return true;
    }

    public bool Knows(string hash) => posts.ContainsKey(hash);

    /// <summary>Nothing will come of it any more.</summary>
    public void Forget(string hash) => posts.Remove(hash);

    /// <summary>Begins anew with the next reading.</summary>
    public void Forget()
    {
        posts.Clear();
        (next, told, cutAt) = (null, 0, null);
    }

    private void Cut(IReadOnlySet<string> bound, long now)
    {
        if (posts.Count <= Most) return;
        log.LogWarning("{Count} posted Requests may be bid for; the {Most} that hold most are looked at.", posts.Count, Most);
        var least = posts.Values.Where(e => !bound.Contains(e.Post.Hash)).OrderBy(e => e.Held).ThenByDescending(e => e.Post.BiddingUntil);
        foreach (var one in least.Take(posts.Count - Most).ToArray()) posts.Remove(one.Post.Hash);
        cutAt ??= now;
    }

    private long Now() => (long)clock.GetElapsedTime(0).TotalSeconds;

    /// <param name="Due">Unix seconds from which on it is its turn.</param>
    private sealed record Entry(PostedRequest Post, long Due)
    {
        public BigInteger Held => Post.Request.Deposit * Post.Request.Fills;
    }
}
