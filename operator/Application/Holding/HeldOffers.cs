using System.Globalization;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Holding;

/// <summary>
/// Signs Offers whose capacity is held: an Offer leaves this process only after its hold lies in the cluster, written over
/// exactly those holds that its place was found beside.
/// </summary>
public sealed class HeldOffers(
    CapacityReader capacities, IHoldStore holds, IOfferSigner signer, IHasher hasher, HoldLimits limits) : IDisposable
{
    private const int Tries = 5;

    // Each waits for the writes before it: who would wait for more than these is better told to come back.
    private const int MostWaiting = 64;

    // A hold that is used again gets some seconds more than its Offer: asking over and over is not writing over and over.
    private const long Slack = 15;

    private readonly SemaphoreSlim turn = new(1, 1);
    private int waiting;

    public async Task<QuoteResult> SignAsync(OfferTerms offer, RequestTerms request, Asker asker, CancellationToken cancellation)
    {
        // 1. What can be refused is refused before anything costs. Who asks again may have its old hold again; whether it is the
        //    same Request is known once that is hashed.
        if (await capacities.ReadAsync(fresh: false, cancellation) is not { } first) return Unread;
        if (!first.Open.Any(h => IsLike(h, request, asker)) && Check(first, request, asker) is { } early) return early;
        // 2. Signed outside of the turn: it asks the chain.
        var signed = await signer.SignAsync(offer, request, cancellation);
        // 3. Held, one at a time.
        if (Interlocked.Increment(ref waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref waiting);
            return QuoteResult.Refuse(PlacementReasons.HoldsExhausted, "Too many quotes are asked for at once; ask again in some seconds.");
        }

        await turn.WaitAsync(cancellation);
        try
        {
            return await HoldAsync(signed, request, asker, cancellation);
        }
        finally
        {
            turn.Release();
            Interlocked.Decrement(ref waiting);
        }
    }

    public void Dispose() => turn.Dispose();

    private static QuoteResult Unread => QuoteResult.Refuse("ChainUnavailable", "This datacenter is reading the chain; ask again in some seconds.");

    private async Task<QuoteResult> HoldAsync(SignedOffer signed, RequestTerms request, Asker asker, CancellationToken cancellation)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            if (await capacities.ReadAsync(fresh: tries > 0, cancellation) is not { } view) return Unread;
            var next = Next(view, signed, request, asker, out var refusal);
            if (refusal is not null) return refusal;
            if (next is null || await holds.TryWriteAsync(view.Stored, next, cancellation)) return new QuoteResult(signed, "", "");
        }

        return QuoteResult.Refuse(PlacementReasons.HoldsExhausted, "The holds of this datacenter are being changed by somebody else; ask again in some seconds.");
    }

    /// <returns>What to store; null when it lies there already.</returns>
    private IReadOnlyList<Hold>? Next(CapacityView view, SignedOffer signed, RequestTerms request, Asker asker, out QuoteResult? refusal)
    {
        refusal = null;
        var expires = signed.Terms.ExpiresAt;
        if (HoldRules.Reusable(view.Open, signed.RequestHash, request.Fills) is { } same)
        {
            refusal = Refusal(HoldRules.RefuseUnfunded(view.Open, same, asker, request.Deposit));
            return refusal is not null || same.ExpiresAt >= expires ? null : [.. view.Kept.Select(h => h.Id == same.Id ? h with { ExpiresAt = expires + Slack } : h)];
        }

        LeaseId[] all = [.. LeaseIds.Of(signed.RequestHash, request.Fills, hasher)];
        LeaseId[] open = [.. all.Where(id => !view.Known.Contains(id))];
        if (open.Length == 0 && all.Length == request.Fills)
            refusal = QuoteResult.Refuse("RequestFilled", "All fills of this Request are leases of this datacenter already; sign a new one.");
        refusal ??= Check(view, request, asker);
        if (refusal is not null) return null;
        var id = $"{signed.RequestHash}/{signed.Terms.Salt.ToString("x", CultureInfo.InvariantCulture)}";
        return [.. view.Kept, new Hold(id, signed.RequestHash, asker.Payer, request.Resources, view.Book.Reserve(request.Resources).Shares, expires, open)
        {
            Deposit = request.Deposit, Caller = asker.Caller,
        }];
    }

    private QuoteResult? Check(CapacityView view, RequestTerms request, Asker asker)
    {
        if (Refusal(HoldRules.Refuse(view.Open, asker, limits) ?? HoldRules.RefuseUnfunded(view.Open, null, asker, request.Deposit)) is { } refused) return refused;
        var found = view.Book.Reserve(request.Resources);
        if (!found.Placement.Fits) return QuoteResult.Refuse(found.Placement.Reason, found.Placement.Message);
        return found.Shares.Count <= HoldLimits.NodesPerHold ? null : QuoteResult.Refuse(
            PlacementReasons.Fragmented, $"fits only in pieces on {found.Shares.Count} nodes; at most {HoldLimits.NodesPerHold} are held for one lease");
    }

    private static QuoteResult? Refusal(PlacementResult? why) => why is null ? null : QuoteResult.Refuse(why.Reason, why.Message);

    private static bool IsLike(Hold hold, RequestTerms request, Asker asker) =>
        hold.Resources == request.Resources && hold.Payer.Equals(asker.Payer, StringComparison.OrdinalIgnoreCase);
}
