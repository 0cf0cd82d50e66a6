using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Results;

namespace Federation.Application.Reconciling;

/// <summary>What the jobs of a lease came to, and how far that has got on its way to the chain.</summary>
public sealed class ResultReader(IResultLedger ledger, IHasher hasher, IntentOutbox outbox)
{
    /// <summary>What is known stands while the terms are in doubt: a reorg must not take the results of pods that are gone.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>Null as long as no job has ended.</returns>
    public LeaseResults? Collect(LeaseView view, LeaseStatus status, ClusterFacts facts, long nowMs) => view.Confirmed.TermsMatch
        ? ResultFold.Fold(status.Results, facts, view.Terms.SpecHash, nowMs, hasher.Keccak256)
        : status.Results;

    /// <summary>Asks the chain only while there is something to post, or to hear of what was posted.</summary>
    /// <param name="isWanted">The lease's result goes on chain.</param>
    public async Task<PostNews> FollowAsync(LeaseView view, LeaseStatus status, LeaseResults? results, bool isWanted, CancellationToken cancellation)
    {
        var before = status.Post ?? ResultPost.None;
        if (!isWanted || results?.Outcome is null || before is { IsSettled: true } or { Refusal: not null }) return PostNews.None;
        var ours = outbox.PostOf(view.Id);
        if (ours.IsRefusedForGood) return new PostNews(before with { Refusal = ours.Error }, null);
        try
        {
            var posted = await ledger.ReadResultAsync(view.Id, view.ConfirmedBlock, cancellation);
            var isFinal = posted is { CallsTenant: false } or { IsDelivered: true } && await ledger.ReadResultAsync(view.Id, view.FinalizedBlock, cancellation) == posted;
            return new PostNews(new ResultPost(ours.Transaction ?? before.Transaction, posted, isFinal, null), ours.Error);
        }
        catch (LedgerException)
        {
            // Nothing else of the lease may wait for this.
            return PostNews.None;
        }
    }
}
