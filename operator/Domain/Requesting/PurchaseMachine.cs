using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;

namespace Federation.Domain.Requesting;

/// <summary>What is to be done about a purchase now.</summary>
public enum PurchaseAction
{
    /// <summary>Nothing but to look again.</summary>
    Wait,

    /// <summary>Send the order: it becomes a lease and its escrow is paid, once, however often it is sent.</summary>
    Match,

    /// <summary>Hand the workload over.</summary>
    Deliver,

    /// <summary>Put more into escrow.</summary>
    TopUp,

    /// <summary>Put another workload into the lease, inside what it reserves.</summary>
    AmendSpec,

    /// <summary>Ask the datacenter for other terms: resources, or a longer term.</summary>
    Amend,

    /// <summary>Give it up for another datacenter.</summary>
    Leave,

    /// <summary>End it on chain.</summary>
    Close,

    /// <summary>Its money is back, or never left: nothing needs to be known of it any more.</summary>
    Forget,
}

/// <param name="Reason">CamelCase, stable.</param>
/// <param name="Message">For people: what, and what would help.</param>
public sealed record PurchaseStep(PurchaseAction Action, string Reason, string Message)
{
    /// <summary>The replica serves.</summary>
    public bool IsReady { get; init; }

    /// <summary>Of a top-up: smallest units that the lease shall have been given in all.</summary>
    public BigInteger Funded { get; init; }

    /// <summary>Of an amendment: term from activation, seconds.</summary>
    public uint DurationSeconds { get; init; }

    /// <summary>Beside the action: the workload that the chain agreed on is handed over. What one step waits for holds up no other.</summary>
    public bool Delivers { get; init; }

    /// <summary>Beside a top-up: another workload is put into the lease.</summary>
    public bool AmendsSpec { get; init; }

    /// <summary>Why the term could not be made longer though the replica serves; empty: nothing is known to be in the way.</summary>
    public string NotRenewed { get; init; } = "";

    /// <summary>What stands in the way of something that is wanted, beside the action; empty: nothing does.</summary>
    public string Hint { get; init; } = "";
}

/// <summary>One purchase, from its order to its refund. What is wrong in doubt is to wait; to end is never.</summary>
public static class PurchaseMachine
{
    // Without a policy of the tenant's: time enough for a person to act.
    private const long LowSeconds = 600;

    // A datacenter may have signed at the last moment: the amendment is on its way.
    private const long RenewGraceSeconds = 120;

    /// <summary>The contract makes no term longer than this, from activation (MAX_DURATION), seconds.</summary>
    public const uint LongestSeconds = 366 * 86_400;

    /// <param name="mayReplace">The failover policy allows one more replacement.</param>
    public static PurchaseStep Decide(Purchase purchase, PurchaseSight sight, RequestWish wish, bool mayReplace)
    {
        if (sight.IsOver(purchase)) return new(PurchaseAction.Forget, "Refunded", "What was left of the escrow is back.");
        var isWanted = !wish.IsDeleted && !purchase.IsLeaving && purchase.Slot < wish.Replicas;
        switch (sight.Latest.State)
        {
            case LeaseState.None: return Ordered(purchase, sight, isWanted);
            case LeaseState.Closing: return Closing(purchase, sight);
            case LeaseState.Closed: return Wait("AwaitingFinality", "The lease is closed; its refund counts once no reorg can take it back.");
        }

        // Whoever acts on a lease hands its terms in.
        if (purchase.Terms is not { } terms || !sight.Latest.TermsMatch) return Wait("TermsUnknown", "The lease's terms are being read from the chain.");
        if (!isWanted) return new(PurchaseAction.Close, Why(purchase, wish), "The lease is given notice, and the rest of its escrow comes back.");
        return sight.Latest.State == LeaseState.Reserved ? Reserved(sight, terms, wish) : Active(purchase, sight, terms, wish, mayReplace);
    }

    private static PurchaseStep Ordered(Purchase purchase, PurchaseSight sight, bool isWanted)
    {
        var left = purchase.ExpiresAt - sight.ConfirmedTime;
        if (!isWanted) return Wait("OrderExpiring", $"The order is not sent any more; it is void in {Math.Max(0, left)} s.");
        return sight.LatestTime < Math.Min(purchase.OfferExpiresAt, purchase.ExpiresAt)
            ? new(PurchaseAction.Match, "Matching", $"The offer of {purchase.Place.Provider} is being taken: one transaction that funds the escrow.")
            : Wait("OfferOver", $"The offer of {purchase.Place.Provider} was not taken in time. Another one is asked for when the order is void, in {Math.Max(0, left)} s.");
    }

    private static PurchaseStep Closing(Purchase purchase, PurchaseSight sight) =>
        purchase.Terms is { } terms && sight.Latest.TermsMatch && sight.LatestTime > sight.Latest.EndsAt + terms.Parameters.SubmitSeconds
            ? new(PurchaseAction.Close, "SettlingAlone", "The datacenter sent no final receipt in its time: the lease is closed without one.")
            : Wait("Closing", "The datacenter settles what was used until the end of the notice; the rest is refunded.");

    private static PurchaseStep Reserved(PurchaseSight sight, LeaseTerms terms, RequestWish wish)
    {
        // The contract pays the tenant the penalty for it.
        if (sight.LatestTime > terms.ActivateBy) return new(PurchaseAction.Close, "NotActivated", "The datacenter did not activate the lease in its time: it is given back.");
        return Delivery(sight, terms, wish) ?? Wait("Activating", "The datacenter sees the lease at its depth of confirmations, and activates it.");
    }

    private static PurchaseStep Active(Purchase purchase, PurchaseSight sight, LeaseTerms terms, RequestWish wish, bool mayReplace)
    {
        // Nothing runs there any more, and nobody else has to say so: its refund waits for the end.
        if (sight.LatestTime > sight.Latest.EndsAt + (wish.Renew is null ? 0 : RenewGraceSeconds) && sight.Latest.EndsAt > 0)
            return new(PurchaseAction.Close, RequestMachine.TermOver, "The term is over: the lease is closed, and the rest of its escrow comes back.");
        if (Trouble(purchase, sight, wish.Failover, mayReplace) is { } lost) return lost;
        var topUp = Money(purchase, sight, terms, wish.TopUp, out var hint);
        var work = Work(sight, terms, wish) with { Hint = hint };
        return topUp is null ? work : topUp with { IsReady = work.IsReady, Delivers = work.Delivers || work.Action == PurchaseAction.Deliver, AmendsSpec = work.Action == PurchaseAction.AmendSpec };
    }

    private static PurchaseStep Work(PurchaseSight sight, LeaseTerms terms, RequestWish wish)
    {
        var delivery = Delivery(sight, terms, wish);
        // Needs nobody's signature: no datacenter that refuses other terms holds it up.
        if (wish.Resources == terms.Resources && !PlacementRules.Same(wish.SpecHash, terms.SpecHash)) return new(PurchaseAction.AmendSpec, "Amending", "Another workload is put into the lease.");
        var end = sight.Latest.ActivatedAt + terms.DurationSeconds;
        var isDue = wish.Renew is { } renew && end - sight.LatestTime < renew.BeforeSeconds;
        // What does not serve is not paid for longer. Other resources may be what mends it.
        var renews = isDue && terms.DurationSeconds < LongestSeconds && sight.Remote is { Answers: true, IsReady: true };
        var seconds = Math.Max(wish.DurationSeconds, renews ? (uint)Math.Min(LongestSeconds, (long)terms.DurationSeconds + wish.DurationSeconds) : terms.DurationSeconds);
        var differs = seconds > terms.DurationSeconds || wish.Resources != terms.Resources;
        // An amendment pays what was used, and what that is its datacenter has to show.
        if (differs && sight.Remote is { Answers: true })
            return new(PurchaseAction.Amend, renews ? "Renewing" : "Amending", "The datacenter is asked for other terms of the lease.")
            {
                // It serves what is wanted, and goes on doing so.
                DurationSeconds = seconds, IsReady = renews && delivery is null && wish.Resources == terms.Resources, Delivers = delivery is { Action: PurchaseAction.Deliver },
            };
        if (delivery is not null) return delivery;
        if (sight.Remote is { Answers: true, IsReady: true } ready) return Wait(ready.Reason, ready.Message) with { IsReady = true, NotRenewed = isDue ? $"The contract makes no term longer than {LongestSeconds / 86_400} days: this lease ends with its term." : "" };
        var later = isDue || differs ? " Other terms of the lease are asked for once its datacenter answers; a longer one, once it is ready." : "";
        return Wait(sight.Remote?.Reason is { Length: > 0 } reason ? reason : "Starting", $"{sight.Remote?.Message}{later}".TrimStart());
    }

    // What the chain agreed on is delivered, never what is only wanted: the datacenter would refuse it.
    private static PurchaseStep? Delivery(PurchaseSight sight, LeaseTerms terms, RequestWish wish)
    {
        if (sight.Remote is not { Answers: true } remote || PlacementRules.Same(remote.SpecHash, terms.SpecHash)) return null;
        if (!PlacementRules.Same(wish.SpecHash, terms.SpecHash)) return null;
        return remote.HasNamespace
            ? new(PurchaseAction.Deliver, "Delivering", "The workload is handed to the datacenter.")
            : Wait("NamespacePending", "The datacenter makes the lease's namespace once it sees the lease at its depth of confirmations.");
    }

    private static PurchaseStep? Trouble(Purchase purchase, PurchaseSight sight, FailoverPolicy? policy, bool mayReplace)
    {
        if (policy is null || !mayReplace) return null;
        if (sight.Remote is { IsLocal: true }) return null;
        if (purchase.SilentSince > 0 && sight.LatestTime - purchase.SilentSince > policy.SilentSeconds)
            return new(PurchaseAction.Leave, "DatacenterSilent", $"{purchase.Place.Provider} has not answered for {sight.LatestTime - purchase.SilentSince} s: the replica goes elsewhere, and its lease is closed.");
        if (purchase.SilentSince == 0 && purchase.TroubleSince > 0 && sight.LatestTime - purchase.TroubleSince > policy.NotReadySeconds)
            return new(PurchaseAction.Leave, "NotReadyTooLong", $"The replica has not been ready for {sight.LatestTime - purchase.TroubleSince} s: it goes elsewhere, and its lease is closed.");
        return null;
    }

    /// <summary>By the chain: what is left lasts for minutes. That a workload stands still then is no fault of its datacenter.</summary>
    internal static bool IsLow(Purchase purchase, PurchaseSight sight) =>
        purchase.Terms is { } terms && sight.Latest.State == LeaseState.Active && Outlook(purchase.Id, sight, terms) is var (view, outlook) && outlook.EndsAt < view.PaidUntil && outlook.EndsAt - sight.LatestTime < LowSeconds;

    private static (LeaseView View, EscrowOutlook Outlook) Outlook(LeaseId id, PurchaseSight sight, LeaseTerms terms)
    {
        var view = new LeaseView(id, terms, sight.Latest, sight.Finalized, 0, 0, 0, sight.LatestTime);
        return (view, EscrowOutlook.Of(view, UsageVector.Zero));
    }

    private static PurchaseStep? Money(Purchase purchase, PurchaseSight sight, LeaseTerms terms, TopUpPolicy? policy, out string hint)
    {
        hint = "";
        // Written down before, and not seen on chain yet: the same again, never more.
        if (sight.Latest.Given < purchase.Funded)
            return TopUpTo(purchase.Funded);
        var (view, outlook) = Outlook(purchase.Id, sight, terms);
        var lasts = outlook.EndsAt - sight.LatestTime;
        if (outlook.EndsAt >= view.PaidUntil || lasts >= (policy?.BelowSeconds ?? LowSeconds)) return null;
        var next = BigInteger.Max(purchase.Funded, sight.Latest.Given) + (policy?.Amount ?? 0);
        if (policy is null)
            hint = $"Escrow lasts {Math.Max(0, lasts)} s at full load. Set spec.escrow.topUp, or top the lease up by hand.";
        else if (next > policy.Most)
            hint = $"Escrow lasts {Math.Max(0, lasts)} s at full load, and spec.escrow.topUp.max ({policy.Most}) is reached. Raise it to go on.";
        else
            return TopUpTo(next);
        return null;
    }

    private static PurchaseStep TopUpTo(BigInteger funded) =>
        new(PurchaseAction.TopUp, "ToppingUp", $"Escrow is topped up: {funded} in all.") { Funded = funded };

    private static string Why(Purchase purchase, RequestWish wish) => wish.IsDeleted ? "Deleted" : purchase.Leaving ?? "TooMany";

    private static PurchaseStep Wait(string reason, string message) => new(PurchaseAction.Wait, reason, message);
}
