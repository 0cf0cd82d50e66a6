using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Domain.Placement;

/// <summary>How many quotes may be open: each costs a write and keeps capacity from others.</summary>
/// <param name="PerPayer">Of one payer.</param>
/// <param name="PerCaller">Asked from one network address, whoever pays: keys cost nothing, addresses do.</param>
/// <param name="Grace">
/// Seconds past its expiry after which an Offer counts as dead that the newest block has no lease of, though no confirmed block is
/// past its expiry: a chain may make no blocks while nothing happens. More than its clock may lag behind.
/// </param>
public sealed record HoldLimits(int PerPayer, int PerCaller, int Total, long Grace)
{
    /// <summary>A hold that is spread over more nodes is refused: it would fill the object that all holds share.</summary>
    public const int NodesPerHold = 64;

    public static HoldLimits Usual { get; } = new(PerPayer: 8, PerCaller: 32, Total: 128, Grace: 300);
}

/// <summary>How far the chain was read when the leases were counted.</summary>
/// <param name="BlockTime">Unix seconds of the newest block whose matches are all among them.</param>
/// <param name="ReadAt">Unix seconds of this machine, before it was read.</param>
public sealed record ChainSight(long BlockTime, long ReadAt);

/// <summary>The life of holds: kept until their Offer can become no lease that is not counted already. Pure.</summary>
public static class HoldRules
{
    /// <summary>
    /// Each lease that came out of a hold takes its place. A Request may have several holds that name the same leases: one
    /// lease ends one of them, the one that ends first, and is struck from the others.
    /// </summary>
    /// <param name="known">All leases of this datacenter that are on chain, ended ones too.</param>
    /// <returns>The holds that are still open, and the one that each lease came out of.</returns>
    public static (IReadOnlyList<Hold> Open, IReadOnlyDictionary<LeaseId, Hold> Matched) Match(IReadOnlyList<Hold> holds, IReadOnlySet<LeaseId> known)
    {
        var matched = new Dictionary<LeaseId, Hold>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var hold in holds.OrderBy(h => h.ExpiresAt).ThenBy(h => h.Id, StringComparer.Ordinal))
        {
            var lease = hold.Leases.FirstOrDefault(l => known.Contains(l) && !matched.ContainsKey(l));
            if (lease == default) continue;
            matched[lease] = hold;
            used.Add(hold.Id);
        }

        if (used.Count == 0) return (holds, matched);
        return ([.. holds.Where(h => !used.Contains(h.Id)).Select(h => h with { Leases = [.. h.Leases.Where(l => !matched.ContainsKey(l))] })], matched);
    }

    /// <summary>
    /// Over when a block past its expiry was read with all matches before it: then it is a lease that is counted, or never
    /// becomes one. By this machine's clock alone it never ends: a match that nobody has read yet must find its capacity, and
    /// one that is not confirmed yet as well. Of an amendment the newest block tells nothing: a block alone ends its hold.
    /// </summary>
    /// <param name="young">Leases that the newest block has; those of a hold that <see cref="IsDoubted"/> have to be among the ones looked for.</param>
    public static bool IsOver(Hold hold, ChainSight sight, HoldLimits limits, IReadOnlySet<LeaseId> young) =>
        sight.BlockTime > hold.ExpiresAt || (IsDoubted(hold, sight, limits) && hold.Amends is null && !hold.Leases.Any(young.Contains));

    /// <summary>Only the clock says that it is over, and no confirmed block does.</summary>
    public static bool IsDoubted(Hold hold, ChainSight sight, HoldLimits limits) =>
        sight.BlockTime <= hold.ExpiresAt && sight.ReadAt > hold.ExpiresAt + limits.Grace;

    /// <summary>
    /// The amendment that it is for is part of the lease's terms, or can be no more: another one was first, or the lease ends.
    /// The terms that count are those of the same block, so that the lease has it from when the hold has not.
    /// </summary>
    /// <param name="lease">As the chain shows it; null when it does not.</param>
    public static bool IsSettled(AmendedLease amends, LeaseView? lease) =>
        lease is { Confirmed: { TermsMatch: true, State: not LeaseState.None } now } && (now.Amendments > amends.Nonce || now.State != LeaseState.Active);

    /// <summary>
    /// The hold that an Offer for the same Request may use again, since no more leases come out of a Request than it has
    /// fills; null when it needs one of its own.
    /// </summary>
    public static Hold? Reusable(IReadOnlyList<Hold> open, string request, uint fills, bool isBid = false)
    {
        var same = open.Where(h => h.Request == request && h.IsBid == isBid).OrderBy(h => h.ExpiresAt).ThenBy(h => h.Id, StringComparer.Ordinal).ToArray();
        return same.Length > 0 && (uint)same.Length >= fills ? same[0] : null;
    }

    /// <returns>Why one more hold is not taken; null when it is.</returns>
    public static PlacementResult? Refuse(IReadOnlyList<Hold> open, Asker asker, HoldLimits limits)
    {
        var quotes = open.Where(h => !h.IsBid).ToArray();
        var own = quotes.Count(h => IsOf(h, asker));
        if (own >= limits.PerPayer)
            return Shortage.Refused(PlacementReasons.TooManyQuotes, $"{asker.Payer} has {own} open quotes, as many as one payer may have: match one, or wait until one expires");
        var near = quotes.Count(h => h.Caller == asker.Caller);
        if (near >= limits.PerCaller)
            return Shortage.Refused(PlacementReasons.TooManyQuotes, $"{near} quotes that were asked for from this network address are open, as many as may be: match one, or wait until one expires");
        return RefuseAny(open, limits);
    }

    /// <param name="mostBids">Bids that may be open at once.</param>
    /// <returns>Why one more bid is not made; null when it is.</returns>
    public static PlacementResult? RefuseBid(IReadOnlyList<Hold> open, int mostBids, HoldLimits limits)
    {
        var bids = open.Count(h => h.IsBid);
        return bids < mostBids ? RefuseAny(open, limits) : Shortage.Refused(
            PlacementReasons.TooManyBids, $"{bids} bids are open, as many as spec.bids.maxOpen allows");
    }

    /// <summary>
    /// Money that a payer has counts once: what its open quotes would put into escrow is taken already, and what those that are
    /// matched did put there is gone from the funds.
    /// </summary>
    /// <param name="same">The hold that is used again; null for a new one.</param>
    /// <param name="deposit">Escrow of the lease that is asked for, smallest units.</param>
    /// <returns>Why the payer is not good for one more lease; null when it is.</returns>
    public static PlacementResult? RefuseUnfunded(IReadOnlyList<Hold> open, Hold? same, Asker asker, BigInteger deposit)
    {
        Hold[] others = [.. open.Where(h => h.Id != same?.Id && IsOf(h, asker))];
        var taken = Match(others, asker.Matched).Open.Aggregate(BigInteger.Zero, (sum, h) => sum + h.Deposit);
        return taken + deposit <= asker.Funds ? null : Shortage.Refused(
            PlacementReasons.FundsTooLow,
            $"{asker.Payer} has {asker.Funds} in tokens and Vault, its other open quotes take {taken}, and the deposit is {deposit}: capacity is held only for who can pay it");
    }

    private static PlacementResult? RefuseAny(IReadOnlyList<Hold> open, HoldLimits limits) => open.Count < limits.Total ? null : Shortage.Refused(
        PlacementReasons.HoldsExhausted, $"this datacenter has {open.Count} open quotes and bids, as many as it keeps: ask again in some seconds");

    private static bool IsOf(Hold hold, Asker asker) => hold.Payer.Equals(asker.Payer, StringComparison.OrdinalIgnoreCase);
}
