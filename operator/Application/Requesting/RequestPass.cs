using System.Collections.Concurrent;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Requesting;

/// <summary>What one pass gathers on its way.</summary>
public sealed class RequestPass(RequestDemand demand, RequestWish wish, SeenPurchases seen, RequestDecision decision, Dictionary<LeaseId, OrderRecord> orders)
{
    private readonly List<Comparison> compared = [];
    private readonly List<(Purchase Purchase, PurchaseStep Step)> steps = [.. decision.Steps];
    private readonly Dictionary<LeaseId, SignedAmendment> amendments = [];
    private readonly ConcurrentDictionary<(LeaseId Lease, PurchaseAction Action), string> errors = [];
    private readonly ConcurrentDictionary<LeaseId, bool> excused = [], unfunded = [];
    private RequestBook book = decision.Book;

    internal RequestDemand Demand => demand;

    internal RequestWish Wish => wish;

    internal SeenPurchases Seen => seen;

    internal RequestDecision Decision => decision;

    internal RequestBook Book => excused.IsEmpty && unfunded.IsEmpty ? book : book with { Purchases = [.. book.Purchases.Select(Corrected)] };

    internal IReadOnlyDictionary<LeaseId, OrderRecord> Orders => orders;

    /// <summary>Why a replica lacks a lease; null: none does.</summary>
    internal (string Reason, string Message)? Asking { get; set; }

    /// <summary>What was chosen among in this pass.</summary>
    internal IReadOnlyCollection<Comparison> Compared => compared;

    internal IEnumerable<Purchase> Amended => steps.Where(s => s.Step.Action == PurchaseAction.Amend).Select(s => s.Purchase);

    internal IEnumerable<Purchase> Deliveries => steps.Where(s => s.Step.Delivers || s.Step.Action == PurchaseAction.Deliver).Select(s => s.Purchase);

    internal IEnumerable<TenantIntent> Intents =>
        steps.Select(s => IntentOf(s.Purchase, s.Step.Action, s.Step)).Concat(steps.Where(s => s.Step.AmendsSpec).Select(s => IntentOf(s.Purchase, PurchaseAction.AmendSpec, s.Step))).OfType<TenantIntent>();

    internal PurchaseStep StepOf(LeaseId id) => steps.First(s => s.Purchase.Id == id).Step;

    internal void Compare(Comparison choice) => compared.Add(choice);

    /// <summary>A new order: it is sent as soon as it is written down.</summary>
    internal void Order(Purchase purchase, OrderRecord order)
    {
        book = RequestMachine.Order(book, purchase);
        orders[purchase.Id] = order;
        var nothing = new PurchaseSight(ChainLease.Unknown, ChainLease.Unknown, seen.Time, seen.Time, 0, null);
        steps.Add((purchase, PurchaseMachine.Decide(purchase, nothing, wish, mayReplace: false)));
    }

    internal bool HasSigned => amendments.Count > 0;

    internal void Amend(LeaseId id, SignedAmendment amendment) => amendments[id] = amendment;

    internal void Failed(LeaseId id, PurchaseAction action, string error) => errors[(id, action)] = error;

    /// <summary>That the order was not taken is not the datacenter's doing.</summary>
    internal void Excuse(LeaseId id) => excused[id] = true;

    /// <summary>The top-up was refused, and nothing that was signed for it can be mined any more: what the lease shall be given is open again.</summary>
    internal void Unfund(LeaseId id) => unfunded[id] = true;

    internal IReadOnlyList<PurchaseReport> Reports() =>
        [.. steps.Select(s => new PurchaseReport(Corrected(s.Purchase), Told(s.Purchase.Id, s.Step), seen.Of.GetValueOrDefault(s.Purchase.Id)?.Remote?.Endpoints ?? []))];

    private Purchase Corrected(Purchase purchase)
    {
        if (excused.ContainsKey(purchase.Id)) purchase = purchase with { IsExcused = true };
        return unfunded.ContainsKey(purchase.Id) ? purchase with { Funded = seen.Of[purchase.Id].Latest.Given } : purchase;
    }

    // What fails beside what serves leaves it serving, and is said where it belongs.
    private PurchaseStep Told(LeaseId id, PurchaseStep step)
    {
        foreach (var beside in new[] { PurchaseAction.AmendSpec, PurchaseAction.Deliver })
            if (step.Action != beside && errors.TryGetValue((id, beside), out var other)) step = step with { Message = $"{step.Message} {beside} failed, and is tried again: {other}" };
        if (!errors.TryGetValue((id, step.Action), out var error)) return step;
        var failed = step with { Reason = $"{step.Action}Failed", Message = $"{step.Message} It failed, and is tried again: {error}" };
        return step.Action switch
        {
            PurchaseAction.TopUp => failed with { Hint = failed.Message },
            PurchaseAction.Amend when step.IsReady => failed with { NotRenewed = failed.Message },
            _ => failed,
        };
    }

    private TenantIntent? IntentOf(Purchase purchase, PurchaseAction action, PurchaseStep step) => action switch
    {
        PurchaseAction.Match => new MatchIntent(purchase.Id, orders[purchase.Id].Request, orders[purchase.Id].Offer),
        PurchaseAction.TopUp when seen.Of[purchase.Id].Latest is var lease => new TopUpIntent(purchase.Id, purchase.Terms!, step.Funded - lease.Given, step.Funded),
        PurchaseAction.AmendSpec => new AmendSpecIntent(purchase.Id, purchase.Terms!, wish.SpecHash),
        PurchaseAction.Amend when amendments.TryGetValue(purchase.Id, out var amendment) => new AmendIntent(purchase.Id, amendment),
        PurchaseAction.Close => new EndIntent(purchase.Id, purchase.Terms!),
        _ => null,
    };
}
