using System.Globalization;
using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Bidding;

/// <summary>
/// Bids for Requests that are posted on chain, by the rules of a quote, and sends the award of those it may win when nobody
/// did. What it wants goes through the outbox; whether it has bid, the chain alone says: so a restart or a second leader finds
/// the bid there and makes no other.
/// </summary>
public sealed class Bidder(
    PostBook book, IPostLedger ledger, IBidReader reader, OfferMaker maker, HeldOffers offers, BidHolds holds,
    IntentOutbox outbox, IDatacenterStore datacenters, OperatorHealth health, BidMetrics metrics, TimeProvider clock, ILogger<Bidder> log)
{
    // Between two tries for one Request: capacity may get free, the chain's prices may change.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Trace> traces = [];

    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await PassAsync(cancellation);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                log.LogWarning("A pass over the posted Requests failed; the next one follows: {Error}", error.Message);
            }
        }
    }

    /// <summary>Frees what lost, then looks at every posted Request that is due.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        // Nothing is promised on a chain that cannot be read.
        if (health is not { ChainError: null, Seen.Picture.Head: { } head }) return;
        if (await datacenters.ReadAsync(cancellation) is not { Spec: var datacenter }) return;
        var open = await holds.ReadOpenAsync(head, datacenter.Provider, cancellation);
        // Who stops bidding is bound by its bids all the same.
        if (datacenter.Bids is null && open.Count == 0)
        {
            Forget();
            return;
        }

        var posts = await book.ReadAsync(head, datacenter.Provider, cancellation);
        foreach (var gone in traces.Keys.Except(posts.Select(p => p.Hash)).ToArray()) End(gone);
        var states = await ledger.ReadStatesAsync([.. posts.Select(p => p.Hash)], null, cancellation);
        foreach (var (post, state) in posts.Zip(states)) await LookAsync(post, state, datacenter, head, cancellation);
    }

    /// <summary>Wants nothing any more: another term finds out for itself what there is to do.</summary>
    public void Forget()
    {
        foreach (var hash in traces.Keys.ToArray()) End(hash);
    }

    private async Task LookAsync(PostedRequest post, PostState state, DatacenterSpec datacenter, LedgerHead head, CancellationToken cancellation)
    {
        switch (BidRules.Decide(state, datacenter.Provider, clock.GetUtcNow().ToUnixTimeSeconds()))
        {
            case BidStep.Bid when datacenter.Bids is { } policy:
                await BidAsync(post, policy, head, cancellation);
                break;
            case BidStep.Award:
                traces.TryAdd(post.Hash, new Trace(null, 0, ""));
                if (await reader.ReadOffersAsync(post, state.Bids, cancellation) is { } bids)
                    outbox.Put(KeyOf(post.Hash), [new AwardIntent(KeyOf(post.Hash), post.Request, bids)], head.Confirmed);
                break;
            case BidStep.Over when state.BiddingUntil != 0:
                End(post.Hash);
                book.Forget(post.Hash);
                break;
            default:
                outbox.Put(KeyOf(post.Hash), [], head.Confirmed);
                break;
        }
    }

    private async Task BidAsync(PostedRequest post, BidPolicy policy, LedgerHead head, CancellationToken cancellation)
    {
        var (key, trace) = (KeyOf(post.Hash), traces.GetValueOrDefault(post.Hash) ?? new Trace(null, 0, ""));
        var isTried = trace.At != 0 && clock.GetElapsedTime(trace.At) < Retry;
        // What is on its way stays wanted as it is. What failed is made anew: the order counter may have been raised.
        if (trace.Wanted is { } wanted && (isTried || outbox.LastFailure(key) is null))
        {
            outbox.Put(key, [wanted], head.Confirmed);
            return;
        }

        if (isTried) return;
        var result = await OfferAsync(post, policy, cancellation);
        var intent = result.Offer is { } offer ? new BidIntent(key, post.Request, offer) : null;
        Tell(post, result, trace.Outcome);
        traces[post.Hash] = new Trace(intent, clock.GetTimestamp(), intent is null ? result.Reason : nameof(BidStep.Bid));
        outbox.Put(key, intent is null ? [] : [intent], head.Confirmed);
    }

    // The rules of a quote, in its order. The Offer is the same whoever makes it and however often: one hold, one bid.
    private async Task<QuoteResult> OfferAsync(PostedRequest post, BidPolicy policy, CancellationToken cancellation)
    {
        var salt = BigInteger.Parse("0" + post.Hash[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var draft = await maker.DraftAsync(post.Request, post.AwardUntil, salt, cancellation);
        if (draft.Offer is not { } least) return draft.Refusal!;
        var priced = await maker.PriceAsync(post.Request, least, cancellation);
        if (priced.Offer is not { } offer) return priced.Refusal!;
        return await maker.CheckAsync(post.Request, offer, cancellation)
            ?? await offers.SignBidAsync(offer, post.Request, policy, cancellation);
    }

    // Once for as long as it stays so: a Request that nobody here can serve is looked at many times.
    private void Tell(PostedRequest post, QuoteResult result, string before)
    {
        if (result.Offer is not null)
        {
            if (before == nameof(BidStep.Bid)) return;
            metrics.Wanted();
            log.LogInformation("Bidding for Request {Request} of {Tenant}; firm until {Until}.", post.Hash, post.Request.Tenant, post.AwardUntil);
        }
        else if (before != result.Reason)
        {
            metrics.Refused(result.Reason);
            log.LogInformation("No bid for Request {Request} of {Tenant}: {Reason}: {Message}", post.Hash, post.Request.Tenant, result.Reason, result.Message);
        }
    }

    private void End(string hash)
    {
        traces.Remove(hash);
        outbox.Forget(KeyOf(hash));
    }

    // No lease has this id: those are hashes of a Request's hash.
    private static LeaseId KeyOf(string requestHash) => LeaseId.Parse(requestHash);

    /// <param name="At">Timestamp of the last try.</param>
    /// <param name="Outcome">What was said of it last.</param>
    private sealed record Trace(BidIntent? Wanted, long At, string Outcome);
}
