using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Requesting;

/// <summary>What is said of a request: every condition, each time, from the steps of its purchases.</summary>
internal static class RequestReporter
{
    private static readonly string[] Living = ["Bought", "Funded", "Ready"];

    /// <param name="asking">Of replicas that lack a lease, why.</param>
    public static IReadOnlyList<LeaseCondition> Conditions(RequestWish wish, RequestBook book, IReadOnlyList<PurchaseReport> purchases, (string Reason, string Message)? asking)
    {
        var current = purchases.Where(p => !p.Purchase.IsLeaving && p.Purchase.Slot < wish.Replicas).ToArray();
        LeaseCondition[] renewed = wish.Renew is null ? [] : [Renewed(current)];
        return [Bought(wish, book, current, asking), Funded(current), .. renewed, Ready(wish, book, current, asking), Finished(wish, book, purchases)];
    }

    /// <summary>The same word everywhere: nothing can be said about the rest.</summary>
    public static IReadOnlyList<LeaseCondition> Unknown(string reason, string message) =>
        [.. Living.Select(type => new LeaseCondition(type, ConditionStatus.Unknown, reason, message))];

    private static LeaseCondition Bought(RequestWish wish, RequestBook book, PurchaseReport[] current, (string Reason, string Message)? asking)
    {
        if (wish.IsDeleted) return new("Bought", ConditionStatus.False, "Deleted", "Nothing is bought any more.");
        if (asking is { } lacks) return new("Bought", ConditionStatus.False, lacks.Reason, lacks.Message);
        if (book.Ended.FirstOrDefault(e => e.Slot < wish.Replicas && e.Reason != RequestMachine.TermOver) is { } ended)
            return new("Bought", ConditionStatus.False, ended.Reason, $"Replica {ended.Slot}: {WhyEnded(ended.Reason)}");
        if (current.FirstOrDefault(p => p.Purchase.Terms is null) is { } open) return new("Bought", ConditionStatus.False, open.Step.Reason, Of(open));
        return new("Bought", ConditionStatus.True, "Bought", $"{current.Length} of {wish.Replicas} replicas have a lease.");
    }

    private static LeaseCondition Funded(PurchaseReport[] current) => current.FirstOrDefault(p => p.Step.Hint.Length > 0) is { } low
        ? new("Funded", ConditionStatus.False, "EscrowLow", $"Replica {low.Purchase.Slot}, lease {low.Purchase.Id}: {low.Step.Hint}")
        : new("Funded", ConditionStatus.True, "Funded", "");

    // Serving goes on meanwhile, and there is time to do something.
    private static LeaseCondition Renewed(PurchaseReport[] current) => current.FirstOrDefault(p => p.Step.NotRenewed.Length > 0) is { } ending
        ? new("Renewed", ConditionStatus.False, "NotRenewed", $"Replica {ending.Purchase.Slot}, lease {ending.Purchase.Id}: {ending.Step.NotRenewed}")
        : new("Renewed", ConditionStatus.True, "Renewed", "");

    private static LeaseCondition Ready(RequestWish wish, RequestBook book, PurchaseReport[] current, (string Reason, string Message)? asking)
    {
        if (wish.IsDeleted) return new("Ready", ConditionStatus.False, "Deleted", "The leases are closed; the object goes when their refunds are seen.");
        if (current.FirstOrDefault(p => !p.Step.IsReady) is { } waiting) return new("Ready", ConditionStatus.False, waiting.Step.Reason, Of(waiting));
        if (asking is { } lacks) return new("Ready", ConditionStatus.False, lacks.Reason, lacks.Message);
        if (current.Length == wish.Replicas) return new("Ready", ConditionStatus.True, "Serving", $"{current.Length} replicas are ready.");
        var ended = book.Ended.FirstOrDefault(e => e.Slot < wish.Replicas);
        return new("Ready", ConditionStatus.False, ended?.Reason ?? "Asking", ended is null ? "Datacenters are asked for offers." : $"Replica {ended.Slot}: {WhyEnded(ended.Reason)}");
    }

    private static string WhyEnded(string reason) => reason switch
    {
        RequestMachine.TermOver => "The term is over. Set spec.renew to have terms made longer.",
        RequestMachine.RenewFailed => "The term is over, and its datacenter did not make it longer; spec.failover allows no other one, which would begin anew. Allow one, or change the spec in any other way.",
        $"Closed{nameof(CloseReason.Escrow)}" => "The escrow was used up. Set spec.escrow.topUp, or a larger spec.escrow.deposit: the spec that was changed begins anew.",
        $"Closed{nameof(CloseReason.Tenant)}" => "Somebody ended the lease with the tenant's key. Change the spec to begin anew.",
        _ => "It lost its lease and gets no other: spec.failover allows none. Allow more, or change the spec in any other way to begin anew.",
    };

    private static LeaseCondition Finished(RequestWish wish, RequestBook book, IReadOnlyList<PurchaseReport> purchases)
    {
        var over = book.Ended.Count(e => e.Slot < wish.Replicas && e.Reason == RequestMachine.TermOver);
        if (over < wish.Replicas && !wish.IsDeleted) return new("Finished", ConditionStatus.False, "Wanted", "");
        return purchases.Count == 0
            ? new("Finished", ConditionStatus.True, "Refunded", "Nothing is in escrow any more.")
            : new("Finished", ConditionStatus.False, purchases[0].Step.Reason, Of(purchases[0]));
    }

    private static string Of(PurchaseReport one) => $"Replica {one.Purchase.Slot} at {one.Purchase.Place.Provider}, lease {one.Purchase.Id}: {one.Step.Message}";
}
