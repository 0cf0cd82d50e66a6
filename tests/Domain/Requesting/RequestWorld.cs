using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Requesting;

/// <summary>
/// A chain, four datacenters, and a tenant's operator that dies at any moment: what it saved is all that it has. One look is one
/// block; a block is confirmed by the next one, and final after three.
/// </summary>
internal sealed class RequestWorld
{
    private const int Confirmations = 1, Finality = 3, Seconds = 10;
    private static readonly Place[] Places = [new("0xa", "north"), new("0xb", "north"), new("0xc", "south"), new("0xd", "south")];
    private readonly Dictionary<LeaseId, List<ChainLease>> chain = [];
    private readonly Dictionary<LeaseId, LeaseTerms> terms = [];
    private readonly List<(int At, string Purpose, Action Land)> pool = [];
    private readonly HashSet<string> silent = [], broken = [];
    private int orders;
    private bool isSaved;

    public RequestWish Wish { get; private set; } = new(
        false, 2, "0xspec", Some.Resources, 600, new Ceiling(Some.Prices, 0, 0, 0), PlacementRules.None with { Spread = Spread.Datacenter }, 1_000_000)
    {
        TopUp = new TopUpPolicy(200, 300_000, 2_000_000),
        Failover = new FailoverPolicy(60, 90, 5),
    };

    public RequestBook Book { get; private set; } = RequestBook.New;

    public int Now { get; private set; } = 1;

    public long Time => Now * Seconds;

    /// <summary>What an invariant found; null while all hold.</summary>
    public string? Fault { get; private set; }

    public IEnumerable<ChainLease> Leases => chain.Values.Select(h => h[^1]);

    /// <param name="luck">What happens in this block beside the tenant's own doing, and how far its operator comes.</param>
    public void Tick(int luck)
    {
        Happen(luck % 16, luck / 16 % 4);
        foreach (var history in chain.Values) history.Add(Aged(history[^1]));
        Now++;
        foreach (var (_, _, land) in pool.Where(p => p.At <= Now).ToArray()) land();
        pool.RemoveAll(p => p.At <= Now);
        isSaved = false;
        Pass(crash: luck / 64 % 8, delay: luck / 512 % 3);
        Check();
    }

    public void Delete() => Wish = Wish with { IsDeleted = true };

    private void Happen(int what, int which)
    {
        var place = Places[which];
        switch (what)
        {
            case 0: silent.Add(place.Provider); break;
            case 1: silent.Remove(place.Provider); break;
            case 2: broken.Add(place.Provider); break;
            case 3: broken.Remove(place.Provider); break;
            case 4: Change(place, LeaseState.Active, l => l with { State = LeaseState.Closing, Reason = CloseReason.Provider, EndsAt = Time + 30 }); break;
            // Its final receipt takes some of it; the rest is refunded.
            case 5: Change(place, LeaseState.Closing, l => l with { State = LeaseState.Closed, Claimed = l.Claimed + (l.Escrow / 3), Escrow = 0 }); break;
            case 6: Wish = Wish with { Replicas = 1 + which }; break;
            case 7 or 8: Change(place, LeaseState.Active, l => l with { Claimed = l.Claimed + (l.Escrow / 2), Escrow = l.Escrow - (l.Escrow / 2), Through = Time }); break;
            case 9: Wish = Wish with { SpecHash = $"0xspec{which}" }; break;
            // A ruling: a part of what was claimed is the payer's again.
            case 10: Change(place, LeaseState.Active, l => l with { Disallowed = l.Disallowed + (l.Spent / 4), Escrow = l.Escrow + (l.Spent / 4) }); break;
            default: Change(place, LeaseState.Reserved, l => l with { State = LeaseState.Active, ActivatedAt = Time, Through = Time, EndsAt = Time + terms[IdOf(l)].DurationSeconds }); break;
        }
    }

    private LeaseId IdOf(ChainLease lease) => chain.First(c => ReferenceEquals(c.Value[^1], lease)).Key;

    private void Change(Place place, LeaseState from, Func<ChainLease, ChainLease> to)
    {
        foreach (var (id, history) in chain)
            if (terms.TryGetValue(id, out var t) && t.Provider == place.Provider && history[^1].State == from) history[^1] = to(history[^1]);
    }

    private ChainLease Aged(ChainLease lease) => lease.State == LeaseState.Active && Time > lease.EndsAt
        ? lease with { State = LeaseState.Closing, Reason = CloseReason.Term }
        : lease;

    private void Pass(int crash, int delay)
    {
        var sights = Book.Purchases.ToDictionary(p => p.Id, SightOf);
        var seen = Book with { Purchases = [.. Book.Purchases.Select(p => p with { Terms = terms.GetValueOrDefault(p.Id) })] };
        var decision = RequestMachine.Decide(seen, sights, Wish, 1, Time);
        var book = decision.Book;
        if (decision.FreeSlots is [var slot, ..]) book = Ask(book, slot);
        if (crash == 0) return;
        (Book, isSaved) = (book, true);
        foreach (var (purchase, step) in decision.Steps)
        {
            if (crash == 1) return;
            Send(purchase, step, delay);
        }
    }

    private RequestBook Ask(RequestBook book, int slot)
    {
        var quotes = Places.Where(p => !silent.Contains(p.Provider) && book.Avoided.All(a => a.Provider != p.Provider))
            .Select(p => new Quote(new Candidate(p, "", "", true, 0, 0), Some.Prices, 0, 0, 0, Time + 40));
        if (QuoteChoice.Choose(quotes, Wish.Most, Wish.Resources, Wish.DurationSeconds, Wish.Placement, RequestMachine.Taken(book, slot), Time) is not { } quote) return book;
        var id = LeaseId.Parse("0x" + (++orders).ToString("x64", System.Globalization.CultureInfo.InvariantCulture));
        chain[id] = [.. Enumerable.Repeat(ChainLease.Unknown, Now + 1)];
        return RequestMachine.Order(book, new Purchase(slot, id, quote.From.Place, Time + 60, Time + 40, Wish.Deposit));
    }

    private void Send(Purchase purchase, PurchaseStep step, int delay)
    {
        var id = purchase.Id;
        switch (step.Action)
        {
            case PurchaseAction.Match: Pool($"match {id}", delay, () => Match(purchase)); break;
            case PurchaseAction.TopUp:
                Pool($"top up {id} {step.Funded}", delay, () => On(id, LeaseState.Active, l => l with { Escrow = step.Funded - l.Spent })); break;
            case PurchaseAction.AmendSpec: Pool($"spec {id}", delay, () => Amend(id, t => t with { SpecHash = Wish.SpecHash })); break;
            case PurchaseAction.Amend: Pool($"amend {id}", delay, () => Amend(id, t => t with { DurationSeconds = step.DurationSeconds })); break;
            case PurchaseAction.Close:
                Pool($"close {id}", delay, () =>
                {
                    On(id, LeaseState.Closing, l => Time > l.EndsAt + terms[id].Parameters.SubmitSeconds ? l with { State = LeaseState.Closed, Escrow = 0 } : l);
                    On(id, LeaseState.Reserved, l => l with { State = LeaseState.Closed, Escrow = 0, Reason = CloseReason.Tenant });
                    On(id, LeaseState.Active, l => l with { State = LeaseState.Closing, Reason = CloseReason.Tenant, EndsAt = Time + 30 });
                });
                break;
        }
    }

    // As the sender does it: what is wanted again while it waits is not sent again.
    private void Pool(string purpose, int delay, Action land)
    {
        if (pool.All(p => p.Purpose != purpose)) pool.Add((Now + 1 + delay, purpose, land));
    }

    private void Match(Purchase purchase)
    {
        if (Time > purchase.ExpiresAt || chain[purchase.Id][^1].State != LeaseState.None) return;
        terms[purchase.Id] = Some.Terms with { Provider = purchase.Place.Provider, SpecHash = Wish.SpecHash, DurationSeconds = 600, ActivateBy = Time + 200 };
        chain[purchase.Id][^1] = ChainLease.Unknown with { State = LeaseState.Reserved, Escrow = purchase.Funded };
    }

    private void Amend(LeaseId id, Func<LeaseTerms, LeaseTerms> change) => On(id, LeaseState.Active, l =>
    {
        terms[id] = change(terms[id]);
        return l with { EndsAt = l.ActivatedAt + terms[id].DurationSeconds };
    });

    private void On(LeaseId id, LeaseState state, Func<ChainLease, ChainLease> change)
    {
        if (chain[id][^1].State == state) chain[id][^1] = change(chain[id][^1]);
    }

    private PurchaseSight SightOf(Purchase purchase)
    {
        var history = chain[purchase.Id];
        var provider = purchase.Place.Provider;
        var remote = silent.Contains(provider)
            ? RemoteSight.Silent("no answer")
            : new RemoteSight(true, true, terms.GetValueOrDefault(purchase.Id)?.SpecHash ?? "", !broken.Contains(provider), "Running", "", []);
        return new PurchaseSight(history[^1], history[^Math.Min(history.Count, 1 + Finality)], Time, Time - (Confirmations * Seconds), Time - (Finality * Seconds), remote);
    }

    private void Check()
    {
        foreach (var slot in Book.Purchases.Where(p => !p.IsLeaving).GroupBy(p => p.Slot))
            if (slot.Count() > 1) Fault ??= $"{Now}: replica {slot.Key} was bought twice";
        var places = Book.Purchases.Where(p => !p.IsLeaving).Select(p => p.Place.Provider).ToArray();
        if (places.Distinct().Count() != places.Length) Fault ??= $"{Now}: two replicas in one datacenter";
        foreach (var (id, history) in chain)
        {
            var (last, final) = (history[^1], history[^Math.Min(history.Count, 1 + Finality)]);
            if (last.State is not LeaseState.None && final.State != LeaseState.Closed && Book.Purchases.All(p => p.Id != id)) Fault ??= $"{Now}: {id} holds money and is forgotten";
            if (last.Given > Wish.TopUp!.Most) Fault ??= $"{Now}: {id} was given {last.Given}";
        }

        // Whatever was saved says what the chain says of all leases that there ever were: none twice, and none that is forgotten left out.
        var (spent, held) = (Sum(l => l.Spent), Sum(l => l.Escrow));
        if (isSaved && (Book.Spent != spent || Book.Held != held)) Fault ??= $"{Now}: {Book.Spent} spent and {Book.Held} held, on chain {spent} and {held}";
    }

    private BigInteger Sum(Func<ChainLease, BigInteger> of) => Leases.Aggregate(BigInteger.Zero, (sum, l) => sum + of(l));
}
