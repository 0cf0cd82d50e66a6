using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Bidding;

/// <summary>
/// Posted Requests that a bid or an award may still be sent for. Nothing of it is kept: a new process finds them again in the
/// logs, from the first block on in which one may have been posted that is not over.
/// </summary>
/// <param name="startBlock">Where the market was deployed: nothing is read before it.</param>
public sealed class PostBook(IPostLedger ledger, ulong startBlock, TimeProvider clock, ILogger<PostBook> log)
{
    // The contract's longest time for bids and the hour for the award after it.
    private const long LongestLife = (7 * 86_400) + 3_600;

    // Whoever posts more than these has locked much money; those that end first are kept, and the others found again later.
    private const int Most = 1_024;

    // Looked at in one pass: two calls each, in one batch.
    private const int MostAtOnce = 64;

    private readonly Dictionary<string, PostedRequest> posts = [];
    private ulong? next;
    private bool isCut;

    /// <summary>Reads on to the confirmed head, and returns those that are soon due or were bid for, the most urgent first.</summary>
    public async Task<IReadOnlyList<PostedRequest>> ReadAsync(LedgerHead head, string provider, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        foreach (var over in posts.Values.Where(p => p.AwardUntil < now).ToArray()) posts.Remove(over.Hash);
        if (isCut && posts.Count <= Most / 2) (next, isCut) = (null, false);
        next ??= await ledger.FindBlockAsync(now - LongestLife, startBlock, Math.Max(startBlock, head.Confirmed), cancellation);
        if (next <= head.Confirmed)
        {
            foreach (var post in await ledger.ReadPostedAsync(next.Value, head.Confirmed, cancellation))
                if (post.AwardUntil >= now && IsFor(post.Request, provider)) posts[post.Hash] = post;
            next = head.Confirmed + 1;
            Cut();
        }

        return [.. posts.Values.Where(p => now >= p.BiddingUntil - BidRules.Lead).OrderBy(p => now > p.BiddingUntil).ThenBy(p => p.BiddingUntil).Take(MostAtOnce)];
    }

    /// <summary>Nothing will come of it any more.</summary>
    public void Forget(string hash) => posts.Remove(hash);

    private void Cut()
    {
        if (posts.Count <= Most) return;
        log.LogWarning("{Count} Requests are posted and open; the {Most} that end first are looked at.", posts.Count, Most);
        foreach (var late in posts.Values.OrderBy(p => p.BiddingUntil).Skip(Most).ToArray()) posts.Remove(late.Hash);
        isCut = true;
    }

    private static bool IsFor(RequestTerms request, string provider) =>
        request.Provider.AsSpan(2).TrimStart('0').IsEmpty || request.Provider.Equals(provider, StringComparison.OrdinalIgnoreCase);
}
