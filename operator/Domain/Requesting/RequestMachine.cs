using Federation.Domain.Leases;

namespace Federation.Domain.Requesting;

/// <summary>What a request does next.</summary>
/// <param name="Book">To be written down before any of the steps is taken.</param>
/// <param name="Steps">One for each purchase in the book.</param>
/// <param name="FreeSlots">Replicas that quotes are to be asked for.</param>
public sealed record RequestDecision(RequestBook Book, IReadOnlyList<(Purchase Purchase, PurchaseStep Step)> Steps, IReadOnlyList<int> FreeSlots);

/// <summary>All purchases of a request together: which replicas lack one, which are given up, which are over.</summary>
public static class RequestMachine
{
    /// <summary>How long a datacenter that failed is not asked again, seconds.</summary>
    public const long AvoidSeconds = 3600;

    /// <summary>The same for one whose offer could not be taken.</summary>
    public const long VoidAvoidSeconds = 600;

    public const string TermOver = "TermOver";

    /// <summary>A term that was to be made longer, and was not.</summary>
    public const string RenewFailed = "RenewFailed";

    // What is new gets so long to serve before another replica moves.
    private const long SettlingSeconds = 600;

    /// <param name="sights">Of every purchase in the book that could be looked at; one without is left as it is.</param>
    /// <param name="generation">Of the spec.</param>
    /// <param name="now">Unix seconds by the chain.</param>
    public static RequestDecision Decide(RequestBook book, IReadOnlyDictionary<LeaseId, PurchaseSight> sights, RequestWish wish, long generation, long now)
    {
        var next = book with { Avoided = [.. book.Avoided.Where(a => a.Until > now)] };
        // Whose spec stays as it is, stays where it is, whatever a later version of this program reads in it.
        if (generation != book.Generation) next = next with { Generation = generation, Ended = [], Replacements = 0, Purchases = [.. next.Purchases.Select(p => p with { IsMisplaced = wish.Placement.Forbids(p.Place) is not null })] };

        // 1. What is seen of them, and whose lease has ended of itself.
        foreach (var purchase in next.Purchases)
            if (sights.TryGetValue(purchase.Id, out var sight)) next = Retire(Put(next, See(Counted(purchase, sight), sight)), purchase.Id, sight, wish, now);

        // 2. What each does.
        // One replica a pass goes elsewhere: what looks like the end of all datacenters at once is seldom theirs.
        var hasLeft = false;
        var steps = new List<(Purchase, PurchaseStep)>();
        foreach (var purchase in next.Purchases)
        {
            var sight = sights.GetValueOrDefault(purchase.Id);
            var forbidden = sight is null || hasLeft ? null : Forbidden(next, purchase, sights, wish, now);
            var step = sight is null ? new PurchaseStep(PurchaseAction.Wait, "NotSeen", "The chain could not be asked for this lease; nothing is decided on that.")
                : forbidden is not null ? new PurchaseStep(PurchaseAction.Leave, forbidden, "spec.placement lets no replica be there any more: it goes elsewhere.")
                : PurchaseMachine.Decide(ServesOn(next, purchase, wish) ? purchase with { Leaving = null } : purchase, sight, wish, !purchase.IsLeaving && !hasLeft && MayReplace(next, wish));
            var kept = purchase;
            switch (step.Action)
            {
                case PurchaseAction.Leave:
                    // What the tenant itself moves elsewhere is none of the replacements that it allows.
                    (next, kept) = Leave(next, purchase, step.Reason, now, counts: forbidden is null);
                    hasLeft = true;
                    step = ServesOn(next, kept, wish) ? step with { Action = PurchaseAction.Wait } : PurchaseMachine.Decide(kept, sight!, wish, mayReplace: false);
                    break;
                case PurchaseAction.Forget:
                    // In one write: what it was claimed is either its own or among what went before, never both and never neither.
                    next = next with { Purchases = [.. next.Purchases.Where(p => p.Id != purchase.Id)], SpentEarlier = next.SpentEarlier + sight!.Finalized.Spent };
                    continue;
                // Its end is on its way: who wants the replica again gets another lease.
                case PurchaseAction.Close when purchase.Slot >= wish.Replicas && !purchase.IsLeaving && !wish.IsDeleted:
                    kept = purchase with { Leaving = step.Reason };
                    next = Put(next, kept);
                    break;
                case PurchaseAction.TopUp:
                    kept = purchase with { Funded = step.Funded };
                    next = Put(next, kept);
                    break;
            }

            steps.Add((kept, step));
        }

        // 3. Which replicas lack one.
        int[] free = wish.IsDeleted ? [] : [.. Enumerable.Range(0, wish.Replicas).Where(slot => next.Current(slot) is null && next.Ended.All(e => e.Slot != slot))];
        return new RequestDecision(next, steps, free);
    }

    /// <summary>Where a slot's replica may not stand for the sake of the others.</summary>
    public static IReadOnlyCollection<Place> Taken(RequestBook book, int slot) => [.. book.Purchases.Where(p => p.Slot != slot && !p.IsLeaving).Select(p => p.Place)];

    /// <summary>Adds an order for a slot that lacks one.</summary>
    /// <exception cref="InvalidOperationException">The slot has one: two would be bought.</exception>
    public static RequestBook Order(RequestBook book, Purchase purchase) => book.Current(purchase.Slot) is null && book.Purchases.All(p => p.Id != purchase.Id)
        ? book with { Purchases = [.. book.Purchases, purchase] }
        : throw new InvalidOperationException($"Replica {purchase.Slot} has an order.");

    private static bool MayReplace(RequestBook book, RequestWish wish) => wish.Failover is { } policy && book.Replacements < policy.MostReplacements;

    // What nothing is wrong with but its place goes when there is another one: nobody may offer one.
    private static bool ServesOn(RequestBook book, Purchase purchase, RequestWish wish) =>
        purchase is { IsMisplaced: true, IsLeaving: true, Terms: not null } && !wish.IsDeleted && purchase.Slot < wish.Replicas && wish.Placement.Forbids(purchase.Place) == purchase.Leaving && book.Current(purchase.Slot) is not { Terms: not null };

    // Where the spec, as it was changed, lets no replica be. The others serve first, as far as they can: one at a time moves.
    private static string? Forbidden(RequestBook book, Purchase purchase, IReadOnlyDictionary<LeaseId, PurchaseSight> sights, RequestWish wish, long now)
    {
        if (!purchase.IsMisplaced || wish.IsDeleted || purchase.IsLeaving || purchase.Slot >= wish.Replicas || wish.Placement.Forbids(purchase.Place) is not { } word) return null;
        var others = Enumerable.Range(0, wish.Replicas).Where(s => s != purchase.Slot && book.Ended.All(e => e.Slot != s)).Select(book.Current);
        return others.All(o => o is { Terms: not null } && (Serves(o) || IsLong(o.TroubleSince) || IsLong(o.SilentSince))) ? word : null;

        // A lease that is matched and not active yet serves nobody.
        bool Serves(Purchase other) => sights.GetValueOrDefault(other.Id) is { Latest.State: LeaseState.Active, Remote: { Answers: true, IsReady: true } };

        bool IsLong(long since) => since > 0 && now - since > SettlingSeconds;
    }

    // What the chain says replaces what it said before: nothing is added up from one look to the next.
    private static Purchase Counted(Purchase purchase, PurchaseSight sight) => purchase with { Spent = sight.Latest.Spent, Held = sight.Latest.Escrow };

    private static Purchase See(Purchase purchase, PurchaseSight sight)
    {
        if (sight.Latest.State is not (LeaseState.Active or LeaseState.Closing) || sight.Remote is not { } remote) return purchase with { TroubleSince = 0, SilentSince = 0 };
        // What fails here says nothing of the datacenter: it begins no silence, and ends none either.
        if (remote.IsLocal) return purchase;
        // What is not known while nobody answers stays as it was last seen.
        if (!remote.Answers) return purchase with { SilentSince = purchase.SilentSince > 0 ? purchase.SilentSince : sight.LatestTime };
        return purchase with { SilentSince = 0, TroubleSince = remote.IsReady ? 0 : purchase.TroubleSince > 0 || PurchaseMachine.IsLow(purchase, sight) ? purchase.TroubleSince : sight.LatestTime };
    }

    // A lease that ended without the tenant: its term, its escrow, or its datacenter.
    private static RequestBook Retire(RequestBook book, LeaseId id, PurchaseSight sight, RequestWish wish, long now)
    {
        var purchase = book.Purchases.First(p => p.Id == id);
        if (purchase.IsLeaving || wish.IsDeleted) return book;
        if (sight.IsDead(purchase)) return Void(book, purchase, now);
        if (sight.Latest.State is not (LeaseState.Closing or LeaseState.Closed)) return book;
        var reason = sight.Latest.Reason;
        if (reason == CloseReason.Term)
        {
            // With a policy to renew, it ended because that failed: elsewhere it begins anew, and whether it may is said by the policy for that.
            if (wish.Renew is not null && MayReplace(book, wish)) return Leave(book, purchase, RenewFailed, now, counts: true).Book;
            var over = wish.Renew is null ? TermOver : RenewFailed;
            var left = Put(book, purchase with { Leaving = over });
            return left with { Ended = [.. left.Ended, new EndedSlot(purchase.Slot, over)] };
        }

        var ended = $"Closed{reason}";
        // The tenant's money, and the tenant's own word: another deposit is none of the datacenter's failures.
        if (reason is CloseReason.Escrow or CloseReason.Tenant)
        {
            var left = Put(book, purchase with { Leaving = ended });
            return left with { Ended = [.. left.Ended, new EndedSlot(purchase.Slot, ended)] };
        }

        var mayReplace = MayReplace(book, wish);
        var (next, _) = Leave(book, purchase, ended, now, counts: mayReplace);
        // Of one that never ran nothing is to be replaced: another one is asked.
        return mayReplace || reason is CloseReason.NotActivated or CloseReason.Refused ? next : next with { Ended = [.. next.Ended, new EndedSlot(purchase.Slot, ended)] };
    }

    // Its offer could not be taken: others are asked first.
    private static RequestBook Void(RequestBook book, Purchase purchase, long now)
    {
        var left = Put(book, purchase with { Leaving = "OrderVoid" });
        return purchase.IsExcused || left.Avoided.Any(a => PlacementRules.Same(a.Provider, purchase.Place.Provider))
            ? left
            : left with { Avoided = [.. left.Avoided, new Avoidance(purchase.Place.Provider, now + VoidAvoidSeconds)] };
    }

    private static (RequestBook Book, Purchase Purchase) Leave(RequestBook book, Purchase purchase, string reason, long now, bool counts)
    {
        var left = purchase with { Leaving = reason };
        var next = Put(book, left) with
        {
            Replacements = book.Replacements + (counts ? 1 : 0),
            Avoided = [.. book.Avoided.Where(a => a.Provider != purchase.Place.Provider), new Avoidance(purchase.Place.Provider, now + AvoidSeconds)],
        };
        return (next, left);
    }

    private static RequestBook Put(RequestBook book, Purchase purchase) => book with { Purchases = [.. book.Purchases.Select(p => p.Id == purchase.Id ? purchase : p)] };
}
