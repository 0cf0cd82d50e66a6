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
    private readonly Dictionary<string, Trace> traces = [];

    public Task RunAsync(TimeSpan interval, CancellationToken cancellation) => Periodic.RunAsync(
        interval, clock, PassAsync, error => log.LogWarning("A pass over the posted Requests failed; the next one follows: {Error}", error.Message), cancellation);

    /// <summary>Frees what lost, then looks at the posted Requests whose turn it is.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        // Nothing is promised on a chain that cannot be read.
        if (health is not { ChainError: null, Seen.Picture.Head: { } head }) return;
        if (await datacenters.ReadAsync(cancellation) is not { } datacenter) return;
        var open = await holds.ReadOpenAsync(head, datacenter.Spec.Provider, cancellation);
        // Who stops bidding is bound by its bids all the same.
        if (datacenter.Spec.Bids is null && open.Count == 0)
        {
            Forget();
            return;
        }

        var bound = open.Select(h => h.Request).ToHashSet(StringComparer.Ordinal);
        await book.ReadOnAsync(head, (datacenter.Generation, datacenter.RefusesForNetwork, string.Join(',', datacenter.RuntimeProblems.Keys.Order(StringComparer.Ordinal))), bound, (post, isNew) => MayBeBidFor(post, isNew, datacenter), cancellation);
        foreach (var gone in traces.Keys.Where(h => !book.Knows(h)).ToArray()) End(gone);
        var posts = book.Due(bound);
        var states = await ledger.ReadStatesAsync([.. posts.Select(p => p.Hash)], null, cancellation);
        foreach (var (post, state) in posts.Zip(states)) await LookAsync(post, book.TakeTurn(post.Hash), state, datacenter, head, cancellation);
    }

    /// <summary>Wants nothing any more: another term finds out for itself what there is to do.</summary>
    public void Forget()
    {
        foreach (var hash in traces.Keys.ToArray()) End(hash);
        book.Forget();
    }

    // What costs neither a call nor a place to know.
    private bool MayBeBidFor(PostedRequest post, bool isNew, DatacenterRecord datacenter)
    {
        var isForUs = Addresses.IsZero(post.Request.Provider) || Addresses.Same(post.Request.Provider, datacenter.Spec.Provider);
        if (datacenter.Spec.Bids is null || !isForUs) return false;
        if (maker.Screen(post.Request, datacenter) is not { } refusal) return true;
        if (isNew) Tell(post, refusal);
        return false;
    }

    /// <param name="isTurn">It may be tried, and not only be kept as it is.</param>
    private async Task LookAsync(PostedRequest post, bool isTurn, PostState state, DatacenterRecord datacenter, LedgerHead head, CancellationToken cancellation)
    {
        switch (BidRules.Decide(state, datacenter.Spec.Provider, health.Now.ToUnixTimeSeconds()))
        {
            case BidStep.Bid when datacenter.Spec.Bids is { } policy:
                await BidAsync(post, isTurn, policy, datacenter, head, cancellation);
                break;
            case BidStep.Award:
                await AwardAsync(post, isTurn, state.Bids, head, cancellation);
                break;
            case BidStep.Over when state.BiddingUntil != 0:
                End(post.Hash);
                book.Forget(post.Hash);
                break;
            default:
                if (traces.ContainsKey(post.Hash)) outbox.Put(KeyOf(post.Hash), [], head.Confirmed);
                break;
        }
    }

    private async Task BidAsync(PostedRequest post, bool isTurn, BidPolicy policy, DatacenterRecord datacenter, LedgerHead head, CancellationToken cancellation)
    {
        var (key, before) = (KeyOf(post.Hash), traces.GetValueOrDefault(post.Hash));
        // What is on its way stays wanted as it is. What failed is made anew: the order counter may have been raised.
        if (!isTurn || (before?.Bid is not null && outbox.LastFailure(key) is null))
        {
            if (before?.Bid is { } same) outbox.Put(key, [same], head.Confirmed);
            return;
        }

        var result = await OfferAsync(post, policy, datacenter, cancellation);
        var bid = result.Offer is { } offer ? new BidIntent(key, post.Request, offer) : null;
        // Once for as long as it stays so: a Request that nobody here can serve is looked at many times.
        if (before is null || (before.Bid is null) != (bid is null) || before.Refusal != result.Reason) Tell(post, result);
        traces[post.Hash] = new Trace { Bid = bid, Refusal = result.Reason };
        outbox.Put(key, bid is null ? [] : [bid], head.Confirmed);
    }

    // The rules of a quote, in its order. The Offer is the same whoever makes it and however often: one hold, one bid.
    private async Task<QuoteResult> OfferAsync(PostedRequest post, BidPolicy policy, DatacenterRecord datacenter, CancellationToken cancellation)
    {
        var salt = BigInteger.Parse("0" + post.Hash[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var (least, unpriced) = maker.Draft(post.Request, datacenter, post.AwardUntil, salt);
        if (least is null) return unpriced!;
        var (offer, refusal) = await maker.PriceAsync(post.Request, least, cancellation);
        if (offer is null) return refusal!;
        return await maker.CheckAsync(post.Request, offer, cancellation)
            ?? await offers.SignBidAsync(offer, post.Request, policy, cancellation);
    }

    // The bids change no more, unless a reorg brings others: the Offers behind them are looked up in the logs once.
    private async Task AwardAsync(PostedRequest post, bool isTurn, IReadOnlyList<PlacedBid> bids, LedgerHead head, CancellationToken cancellation)
    {
        var (key, trace) = (KeyOf(post.Hash), traces.GetValueOrDefault(post.Hash) ?? new Trace());
        if (!trace.Bids.SequenceEqual(bids) || (trace.Award is null && isTurn))
        {
            traces[post.Hash] = trace = new Trace { Bids = bids };
            if (await reader.ReadOffersAsync(post, bids, cancellation) is { } found)
                traces[post.Hash] = trace = trace with { Award = new AwardIntent(key, post.Request, found) };
        }

        outbox.Put(key, trace.Award is { } award ? [award] : [], head.Confirmed);
    }

    private void Tell(PostedRequest post, QuoteResult result)
    {
        if (result.Offer is not null)
        {
            metrics.Wanted();
            log.LogInformation("Bidding for Request {Request} of {Tenant}; firm until {Until}.", post.Hash, post.Request.Tenant, post.AwardUntil);
        }
        else
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

    /// <summary>What came of the last try.</summary>
    private sealed record Trace
    {
        public BidIntent? Bid { get; init; }

        /// <summary>Why there is none; empty when there is one.</summary>
        public string Refusal { get; init; } = "";

        public AwardIntent? Award { get; init; }

        /// <summary>Those that the award was looked up for.</summary>
        public IReadOnlyList<PlacedBid> Bids { get; init; } = [];
    }
}
