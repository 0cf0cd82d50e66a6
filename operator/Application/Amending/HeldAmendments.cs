using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Settings;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Application.Amending;

/// <summary>
/// Signs amendments whose capacity is held: one leaves this process only after what the lease gets beside what it has lies in the
/// cluster among the holds. A lease that is to be no larger anywhere needs none.
/// </summary>
public sealed class HeldAmendments(CapacityReader capacities, IHoldStore holds, IAmendmentSigner signer, Live<HoldLimits> limits)
{
    private const int Tries = 5;

    // As for quotes: who asks again within these seconds is no write.
    private const long Slack = 15;

    public async Task<AmendmentResult> SignAsync(LeaseId lease, AmendmentTerms amendment, Asker asker, CancellationToken cancellation)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            if (await capacities.ReadAsync(fresh: tries > 0, cancellation) is not { } view) return AmendmentResult.Refuse(HeldOffers.Unread);
            if (view.Refusal is { } why) return new AmendmentResult(null, why.Reason, why.Message);
            var next = Next(view, lease, amendment, asker, out var refusal);
            if (refusal is not null) return new AmendmentResult(null, refusal.Reason, refusal.Message);
            if (next is not null && !await holds.TryWriteAsync(view.Stored, next, cancellation)) continue;
            return new AmendmentResult(new SignedAmendment(amendment, await signer.SignAsync(amendment, cancellation)), "", "");
        }

        return new AmendmentResult(null, PlacementReasons.HoldsExhausted, "The holds of this datacenter are being changed by somebody else; ask again in some seconds.");
    }

    /// <returns>What to store; null when nothing is to be held, or lies there already.</returns>
    private IReadOnlyList<Hold>? Next(CapacityView view, LeaseId lease, AmendmentTerms amendment, Asker asker, out PlacementResult? refusal)
    {
        var before = view.Open.FirstOrDefault(h => h.Amends?.Lease == lease);
        refusal = before is null ? HoldRules.Refuse(view.Open, asker, limits.Current) : null;
        if (refusal is not null) return null;
        var found = view.Book.Resize(lease, amendment.New.Resources);
        refusal = found.Placement.Fits ? TooSpread(found) : found.Placement;
        if (refusal is not null || found.Held == Resources.None) return null;
        // An amendment that was signed after the chain has gone on counts more than this one, which then comes too late.
        var nonce = Math.Max(amendment.Nonce, before?.Amends!.Nonce ?? 0);
        if (before is not null && Covers(before, found, nonce) && before.ExpiresAt >= amendment.ExpiresAt) return null;
        var expires = Math.Max(amendment.ExpiresAt + Slack, before?.ExpiresAt ?? 0);
        var hold = new Hold($"{lease.Hex}/{nonce}", lease.Hex, asker.Payer, found.Held, found.Shares, expires, [])
        {
            Caller = asker.Caller, Amends = new AmendedLease(lease, nonce),
        };
        return [.. view.Kept.Where(h => h != before), hold];
    }

    private static bool Covers(Hold before, ResizeResult found, uint nonce) =>
        before.Amends!.Nonce == nonce && before.Resources == found.Held && before.Shares.SequenceEqual(found.Shares);

    private static PlacementResult? TooSpread(ResizeResult found) => found.Shares.Count <= HoldLimits.NodesPerHold ? null : new PlacementResult(
        found.Placement.Nodes, PlacementReasons.Fragmented, $"fits only in pieces on {found.Shares.Count} nodes; at most {HoldLimits.NodesPerHold} are held for one lease");
}
