using Federation.Domain.Results;
using Federation.Domain.Settlement;
using static Federation.Domain.Leases.ConditionStatus;

namespace Federation.Domain.Leases;

/// <summary>
/// The way of a lease's result to the chain. It goes beside everything else: nothing waits for it, and a lease that ends first
/// ends without it.
/// </summary>
internal static class ResultPosting
{
    /// <summary>The result, once all jobs have ended, as long as the chain is known not to hold one and may still take it.</summary>
    public static LeaseIntent[] Wanted(LeaseObservation seen)
    {
        var view = seen.View;
        if (!seen.Workload.PostsResult(view.Terms) || view.Confirmed.State is not (LeaseState.Active or LeaseState.Closing)) return [];
        return seen is { Results.Outcome: { } outcome, Post.Post: { Posted: null, Refusal: null } } ? [new PostResultIntent(view.Id, view.Terms, outcome)] : [];
    }

    /// <summary>One, for a lease whose result goes on chain; else none.</summary>
    public static LeaseCondition[] Conditions(StatusDraft draft) =>
        draft.Seen.Workload.PostsResult(draft.Seen.View.Terms) || draft.Status.Post is not null ? [Posted(draft)] : [];

    private static LeaseCondition Posted(StatusDraft draft)
    {
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Posted", status, reason, message);
        var (post, view) = (draft.Status.Post ?? ResultPost.None, draft.Seen.View);
        if (post.Posted is { } posted) return Say(True, Reason(posted), $"Digest {posted.Digest}, status {posted.Status}{In(post)}. {Told(posted)}");
        if (post.Refusal is { } refusal) return Say(False, "Refused", $"The contract does not take this lease's result and it is left alone: {refusal}. A replica's result counts by the job that it is part of.");
        if (view.Confirmed.State == LeaseState.Closed) return Say(False, "LeaseClosed", "The lease was over before its result was on chain; none can be posted any more.");
        if (draft.Status.Results?.Outcome is null) return Say(Unknown, "WaitingForJobs", "The result is posted when all jobs have ended.");
        return draft.Seen.Post.Failure is { } failure
            ? Say(False, "TransactionFailed", $"{failure} It is tried again until the lease is over.")
            : Say(Unknown, "Posting", $"The jobs have ended; their result is on its way to the chain{In(post)}.");
    }

    private static string Reason(PostedResult posted) => (posted.CallsTenant, posted.IsDelivered) switch
    {
        (false, _) => "Recorded",
        (true, true) => "Delivered",
        _ => "DeliveryFailed",
    };

    private static string Told(PostedResult posted) => (posted.CallsTenant, posted.IsDelivered) switch
    {
        (false, _) => "Nobody asked to be called with it.",
        (true, true) => "The tenant's contract was called with it.",
        _ => "The call to the tenant's contract failed: anybody may try it again with the result board's deliver().",
    };

    private static string In(ResultPost post) => post.Transaction is { } hash ? $", transaction {hash}" : "";
}
