using System.Globalization;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Settings;
using Federation.Application.Telemetry;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Holding;

/// <summary>
/// Signs Offers whose capacity is held: an Offer leaves this process only after its hold lies in the cluster, written over
/// exactly those holds that its place was found beside.
/// </summary>
public sealed class HeldOffers(
    CapacityReader capacities, IHoldStore holds, IOfferSigner signer, IHasher hasher, Live<HoldLimits> limits) : IDisposable
{
    private const int Tries = 5;

    // Each waits for the writes before it: who would wait for more than these is better told to come back.
    private const int MostWaiting = 64;

    // A hold that is used again gets some seconds more than its Offer: asking over and over is not writing over and over.
    private const long Slack = 15;

    private readonly SemaphoreSlim turn = new(1, 1);
    private int waiting;

    /// <summary>An Offer that its payer has asked for.</summary>
    public Task<QuoteResult> SignAsync(OfferTerms offer, RequestTerms request, Asker asker, CancellationToken cancellation) =>
        SignAsync(new Wanted(offer, request, asker, null), cancellation);

    /// <summary>An Offer for a bid. A provider gets one lease of a Request, however many fills that has, so it is held once.</summary>
    public Task<QuoteResult> SignBidAsync(OfferTerms offer, RequestTerms request, BidPolicy policy, CancellationToken cancellation) =>
        SignAsync(new Wanted(offer, request, new Asker(request.PaidBy(), "", 0), policy), cancellation);

    /// <summary>Leases that the payer's open quotes may have become by now.</summary>
    public async Task<IReadOnlyList<LeaseId>> PromisedToAsync(string payer, CancellationToken cancellation) =>
        await capacities.ReadAsync(fresh: false, cancellation) is not { } view ? [] :
            [.. view.Open.Where(h => !h.IsBid && Addresses.Same(h.Payer, payer)).SelectMany(h => h.Leases).Distinct()];

    internal static QuoteResult Unread => QuoteResult.Refuse("ChainUnavailable", "This datacenter is reading the chain; ask again in some seconds.");

    public void Dispose() => turn.Dispose();

    private async Task<QuoteResult> SignAsync(Wanted wanted, CancellationToken cancellation)
    {
        // 1. What can be refused is refused before anything costs. Who asks again may have its old hold again; whether it is the
        //    same Request is known once that is hashed.
        if (await capacities.ReadAsync(fresh: false, cancellation) is not { } first) return Unread;
        if (!first.Open.Any(wanted.IsLike) && Check(first, wanted) is { } early) return early;
        // 2. Signed outside of the turn: it asks the chain.
        var signed = await signer.SignAsync(wanted.Offer, wanted.Request, cancellation);
        Spans.Current?.About(LeaseIds.Of(signed.RequestHash, wanted.Holds, hasher));
        // 3. Held, one at a time.
        if (Interlocked.Increment(ref waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref waiting);
            return QuoteResult.Refuse(PlacementReasons.HoldsExhausted, "Too many quotes are asked for at once; ask again in some seconds.");
        }

        await turn.WaitAsync(cancellation);
        try
        {
            return await HoldAsync(signed, wanted, cancellation);
        }
        finally
        {
            turn.Release();
            Interlocked.Decrement(ref waiting);
        }
    }

    private async Task<QuoteResult> HoldAsync(SignedOffer signed, Wanted wanted, CancellationToken cancellation)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            if (await capacities.ReadAsync(fresh: tries > 0, cancellation) is not { } view) return Unread;
            var next = Next(view, signed, wanted, out var refusal);
            if (refusal is not null) return refusal;
            if (next is null || await holds.TryWriteAsync(view.Stored, next, cancellation)) return new QuoteResult(signed, "", "");
        }

        return QuoteResult.Refuse(PlacementReasons.HoldsExhausted, "The holds of this datacenter are being changed by somebody else; ask again in some seconds.");
    }

    /// <returns>What to store; null when it lies there already.</returns>
    private IReadOnlyList<Hold>? Next(CapacityView view, SignedOffer signed, Wanted wanted, out QuoteResult? refusal)
    {
        var (request, expires) = (wanted.Request, signed.Terms.ExpiresAt);
        if (view.Refusal is null && HoldRules.Reusable(view.Open, signed.RequestHash, wanted.Holds, wanted.Bid is not null) is { } same)
        {
            refusal = wanted.Bid is null ? Refusal(HoldRules.RefuseUnfunded(view.Open, same, wanted.Asker, request.Deposit)) : null;
            return refusal is not null || same.ExpiresAt >= expires ? null : [.. view.Kept.Select(h => h.Id == same.Id ? h with { ExpiresAt = expires + Slack } : h)];
        }

        LeaseId[] all = [.. LeaseIds.Of(signed.RequestHash, request.Fills, hasher)];
        LeaseId[] open = [.. all.Where(id => !view.Known.Contains(id))];
        refusal = open.Length == 0 && all.Length == request.Fills
            ? QuoteResult.Refuse("RequestFilled", "All fills of this Request are leases of this datacenter already; sign a new one.")
            : Check(view, wanted);
        if (refusal is not null) return null;
        var id = $"{signed.RequestHash}/{signed.Terms.Salt.ToString("x", CultureInfo.InvariantCulture)}";
        return [.. view.Kept, new Hold(id, signed.RequestHash, wanted.Asker.Payer, request.Resources, view.Book.Reserve(request.Resources).Shares, expires, open)
        {
            // What is posted has its escrow on chain already.
            Deposit = wanted.Bid is null ? request.Deposit : 0, Caller = wanted.Asker.Caller, IsBid = wanted.Bid is not null,
        }];
    }

    private QuoteResult? Check(CapacityView view, Wanted wanted)
    {
        if (view.Refusal is { } why) return QuoteResult.Refuse(why.Reason, why.Message);
        if (Refusal(Limit(view, wanted)) is { } refused) return refused;
        var found = view.Book.Reserve(wanted.Request.Resources);
        if (!found.Placement.Fits) return Refusal(found.Placement);
        return found.Shares.Count <= HoldLimits.NodesPerHold ? null : QuoteResult.Refuse(
            PlacementReasons.Fragmented, $"fits only in pieces on {found.Shares.Count} nodes; at most {HoldLimits.NodesPerHold} are held for one lease");
    }

    private PlacementResult? Limit(CapacityView view, Wanted wanted) => wanted.Bid is { } policy
        ? HoldRules.RefuseBid(view.Open, policy.MaxOpen, limits.Current) ?? view.Book.RefuseBid(wanted.Request.Resources, policy.SharePercent)
        : HoldRules.Refuse(view.Open, wanted.Asker, limits.Current) ?? HoldRules.RefuseUnfunded(view.Open, null, wanted.Asker, wanted.Request.Deposit);

    private static QuoteResult? Refusal(PlacementResult? why) => why is null ? null : QuoteResult.Refuse(why.Reason, why.Message);

    /// <param name="Bid">Null for a quote.</param>
    private sealed record Wanted(OfferTerms Offer, RequestTerms Request, Asker Asker, BidPolicy? Bid)
    {
        /// <summary>The most that its Request may hold here.</summary>
        public uint Holds => Bid is null ? Request.Fills : 1;

        public bool IsLike(Hold hold) =>
            hold.IsBid == Bid is not null && hold.Resources == Request.Resources && hold.Payer.Equals(Asker.Payer, StringComparison.OrdinalIgnoreCase);
    }
}
