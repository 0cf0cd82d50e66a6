using Federation.Application.Ports;
using Federation.Domain.Requesting;

namespace Federation.Application.Requesting;

/// <param name="Order">What was chosen; null: nothing was.</param>
/// <param name="Reason">Why nothing was, a CamelCase word.</param>
/// <param name="Message">For people: what the datacenters said, and what would help.</param>
internal sealed record RoundResult(PreparedOrder? Order, SignedOffer? Offer, Candidate? From, string Reason, string Message)
{
    /// <summary>Every datacenter that there is, and what it came to; empty where nothing was compared.</summary>
    public IReadOnlyList<ComparedQuote> Compared { get; init; } = [];

    public static RoundResult None(string reason, string message) => new(null, null, null, reason, message);
}

/// <summary>Asks all datacenters that a replica may go to, at the same time, and chooses one.</summary>
internal sealed class QuoteRound(IDatacenterDirectory directory, ITenantOrders orders, ITenantTransactions transactions, IQuoteDesk desk, IWorkloadDelivery delivery, RequestingOptions options, TimeProvider clock)
{
    // Reasons that are told; one line of a condition has room for no more.
    private const int MostReasons = 5;

    public async Task<RoundResult> AskAsync(RequestWish wish, RequestTerms draft, RequestBook book, int slot, long chainTime, CancellationToken cancellation)
    {
        // 1. Who may be asked.
        var all = await directory.ReadAsync(draft.Token, wish.Placement.Auditor, cancellation);
        var taken = RequestMachine.Taken(book, slot);
        var judged = all.Select(c => (Candidate: c, Why: Excluded(c, wish, book, taken))).ToArray();
        Candidate[] asked = [.. judged.Where(j => j.Why is null).Select(j => j.Candidate).OrderByDescending(c => c.Stake).ThenBy(c => c.Place.Provider, StringComparer.OrdinalIgnoreCase).Take(QuoteChoice.MostAsked)];
        // What is told of those that are not asked; a choice has room for few of them.
        var isAsked = asked.ToHashSet();
        var left = judged.Where(j => !isAsked.Contains(j.Candidate)).Select(j => new ComparedQuote(j.Candidate.Place.Provider, null, j.Why ?? "NotAsked", "") { IsAsked = false }).ToArray();
        if (asked.Length == 0)
            return RoundResult.None("NoDatacenter", $"Of {all.Count} datacenters in the registry none may be asked: {Counted(judged.Select(j => (j.Why!, "")))}. Widen spec.placement, or wait for other datacenters.") with { Compared = left };

        // 2. What they ask for it.
        var order = await orders.PrepareAsync(draft, cancellation);
        var answers = await AskAllAsync(asked, order, cancellation);

        // 3. The cheapest that holds what it was asked.
        var now = Math.Max(chainTime, clock.GetUtcNow().ToUnixTimeSeconds());
        var offers = answers.Where(a => a.Answer.Answer is not null).ToDictionary(a => ToQuote(a.From, a.Answer.Answer!), a => a.Answer.Answer!);
        var refused = answers.Where(a => a.Answer.Answer is null)
            .Select(a => new ComparedQuote(a.From.Place.Provider, null, Said.Word(a.Answer.Reason), Said.Sentence(a.Answer.Message, Said.MostRefusal))).ToList();
        while (QuoteChoice.Choose(offers.Keys, wish.Most, wish.Resources, draft.DurationSeconds, wish.Placement, taken, now) is { } quote)
        {
            var fault = FaultOf(offers[quote], order, quote.From, draft) is { } lie
                ? new MatchFault(lie, IsOurs: false)
                // The cheapest could say anything that the contract does not take, and would hold the replica up for an order's life.
                : await transactions.TryAsync(new MatchIntent(order.Lease, order.Request, offers[quote]), cancellation);
            if (fault is null)
                return new RoundResult(order, offers[quote], quote.From, "", "") { Compared = [Of(quote, "", "") with { IsChosen = true }, .. offers.Keys.Where(q => q != quote).Select(Judged), .. refused, .. left] };
            if (fault.IsOurs) return RoundResult.None("WalletShort", Said.Sentence(fault.Error));
            refused.Add(Of(quote, "OfferInvalid", Said.Sentence(fault.Error, Said.MostRefusal)));
            offers.Remove(quote);
        }

        refused.AddRange(offers.Keys.Select(Judged));
        return RoundResult.None("NoQuote", $"{asked.Length} of {all.Count} datacenters were asked, none made an offer that can be taken: {Counted(refused.Select(r => (r.Reason, r.Message)))}. They are asked again.")
            with { Compared = [.. refused, .. left] };

        ComparedQuote Judged(Quote quote) => QuoteChoice.WhyNot(quote, wish.Most, wish.Resources, now) is var (reason, message) ? Of(quote, reason, message) : Of(quote, "NotCheapest", "");

        ComparedQuote Of(Quote quote, string reason, string message) => new(quote.From.Place.Provider, QuoteChoice.Rank(quote, wish.Resources, draft.DurationSeconds), reason, message);
    }

    private string? Excluded(Candidate candidate, RequestWish wish, RequestBook book, IReadOnlyCollection<Place> taken)
    {
        if (wish.Placement.Excludes(candidate) is { } rule) return rule;
        if (taken.Any(t => wish.Placement.Collides(candidate.Place, t))) return "HasAnotherReplica";
        if (book.Avoided.Any(a => Addresses.Same(a.Provider, candidate.Place.Provider))) return "FailedLately";
        return delivery.FaultOf(candidate.Place.Provider) is null ? null : "NoAccess";
    }

    private async Task<IReadOnlyList<(Candidate From, DeskAnswer<SignedOffer> Answer)>> AskAllAsync(Candidate[] asked, PreparedOrder order, CancellationToken cancellation)
    {
        using var slots = new SemaphoreSlim(QuoteChoice.MostAtOnce);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Who stalls takes time from itself alone: those behind it begin theirs when they are asked. All together take no longer than full slots, one after the other.
        var turns = (asked.Length + QuoteChoice.MostAtOnce - 1) / QuoteChoice.MostAtOnce;
        using var end = clock.CreateTimer(_ => limit.Cancel(), null, options.AskTimeout * (turns + 1), Timeout.InfiniteTimeSpan);
        return await Task.WhenAll(asked.Select(async c => (c, await AskOneAsync(c))));

        async Task<DeskAnswer<SignedOffer>> AskOneAsync(Candidate candidate)
        {
            try
            {
                await slots.WaitAsync(limit.Token);
                try
                {
                    using var own = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                    using var timer = clock.CreateTimer(_ => own.Cancel(), null, options.AskTimeout, Timeout.InfiniteTimeSpan);
                    return await desk.QuoteAsync(candidate.Endpoint, order, own.Token);
                }
                finally
                {
                    slots.Release();
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return new DeskAnswer<SignedOffer>(null, "NoAnswer", $"no answer within {options.AskTimeout.TotalSeconds:0.#} s");
            }
        }
    }

    // What a gateway says costs nothing to say: it is held to the registry's key and to what was asked.
    private string? FaultOf(SignedOffer offer, PreparedOrder order, Candidate from, RequestTerms draft)
    {
        if (!Addresses.Same(offer.Provider, from.Place.Provider)) return $"The Offer is of {offer.Provider}, not of {from.Place.Provider}.";
        if (!Addresses.Same(offer.Token, draft.Token)) return $"The Offer is in the token {offer.Token}.";
        if (offer.Terms.NoticeSeconds > draft.MaxNoticeSeconds) return $"The notice is {offer.Terms.NoticeSeconds} s.";
        return orders.FaultOf(offer, order.Request, from.OperatorKey);
    }

    private static Quote ToQuote(Candidate from, SignedOffer offer) =>
        new(from, offer.Terms.Prices, offer.Terms.StartFee, offer.Terms.MinCharge, offer.Terms.ReservationFee, offer.Terms.ExpiresAt) { DowntimeBps = offer.Terms.DowntimeBps };

    private static string Counted(IEnumerable<(string Reason, string Message)> reasons)
    {
        var groups = reasons.GroupBy(r => r.Reason).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).ToArray();
        var told = groups.Take(MostReasons).Select(g => g.Select(r => r.Message).FirstOrDefault(m => m.Length > 0) is { } example ? $"{g.Count()} {g.Key} ({Short(example)})" : $"{g.Count()} {g.Key}");
        return groups.Length == 0 ? "there are none" : string.Join(", ", told);
    }

    // One line has room for a part of each.
    private static string Short(string text) => Said.Sentence(text.TrimEnd('.'), 160);
}
