using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Isolation;
using Federation.Domain.Pricing;

namespace Federation.Application.Quoting;

/// <summary>What this datacenter offers for a Request, whoever asks and on whichever path: one set of rules for quotes and bids.</summary>
public sealed class OfferMaker(IDatacenterStore datacenters, IMarketReader market, Pricer pricer, IHasher hasher, TimeProvider clock)
{
    private static readonly QuoteResult Missing = QuoteResult.Refuse("DatacenterMissing", "This operator has no Datacenter object yet; its admin has to apply one.");

    /// <summary>By the Request and the price book alone, which is the least that it costs; no read of chain or nodes.</summary>
    /// <param name="agreedNotice">Seconds that a lease which is to be amended has: no more than these are insisted on. Null: there is no lease yet.</param>
    /// <param name="elapsed">Seconds since the activation of that lease.</param>
    /// <returns>An Offer that is neither signed nor held yet, or why there is none.</returns>
    public async Task<(OfferTerms? Offer, QuoteResult? Refusal)> DraftAsync(RequestTerms request, long expiresAt, BigInteger salt, CancellationToken cancellation, uint? agreedNotice = null, long elapsed = 0) =>
        await datacenters.ReadAsync(cancellation) is { } datacenter ? Draft(request, datacenter, expiresAt, salt, agreedNotice, elapsed) : (null, Missing);

    /// <inheritdoc cref="DraftAsync"/>
    public (OfferTerms? Offer, QuoteResult? Refusal) Draft(RequestTerms request, DatacenterRecord datacenter, long expiresAt, BigInteger salt, uint? agreedNotice = null, long elapsed = 0)
    {
        var prices = PricesFor(request.Resources, datacenter.Spec.Prices);
        if (RuntimeProblem(request.Resources, datacenter) is { } problem) return (null, QuoteResult.Refuse(problem.Reason, problem.Message));
        var notice = Math.Min(datacenter.Spec.Prices.NoticeSeconds, agreedNotice ?? uint.MaxValue);
        return QuoteRules.CheckTerms(request, datacenter, prices, clock.GetUtcNow().ToUnixTimeSeconds(), notice, elapsed) is { } refused
            ? (null, refused)
            : (OfferFor(request, datacenter.Spec.Prices, prices!, expiresAt, salt), null);
    }

    /// <summary>Why no Offer can come of a Request as the datacenter stands, whatever chain and nodes say; null when one may.</summary>
    public QuoteResult? Screen(RequestTerms request, DatacenterRecord datacenter)
    {
        var (offer, refusal) = Draft(request, datacenter, request.ExpiresAt, 0);
        return offer is null ? refusal : QuoteRules.CheckDeposit(request, offer, bounty: 0);
    }

    /// <summary>The draft at the prices of this moment; for who may be listened to, because others may have to be asked.</summary>
    public async Task<(OfferTerms? Offer, QuoteResult? Refusal)> PriceAsync(RequestTerms request, OfferTerms draft, CancellationToken cancellation)
    {
        if (await datacenters.ReadAsync(cancellation) is not { Spec: var datacenter }) return (null, Missing);
        if (datacenter.Pricing is not { } policy) return (draft, null);
        var (book, refusal) = await pricer.PriceAsync(datacenter.Prices, policy, request, cancellation);
        if (book is null) return (null, refusal);
        var prices = PricesFor(request.Resources, book);
        return QuoteRules.CheckPrices(request, book, prices) is { } refused
            ? (null, refused)
            : (draft with { Prices = prices!, StartFee = book.StartFee, MinCharge = book.MinCharge, ReservationFee = book.ReservationFee }, null);
    }

    /// <summary>Why the contracts would not make a lease of it now; null when they would.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public async Task<QuoteResult?> CheckAsync(RequestTerms request, OfferTerms offer, CancellationToken cancellation) =>
        QuoteRules.CheckStanding(request, offer, await market.ReadAsync(request, cancellation));

    private static OfferTerms OfferFor(RequestTerms request, PriceBook book, Prices prices, long expiresAt, BigInteger salt) => new(
        request.Resources,
        prices,
        book.StartFee,
        book.MinCharge,
        book.ReservationFee,
        Volume: 1,
        Math.Clamp(book.NoticeSeconds, request.MinNoticeSeconds, request.MaxNoticeSeconds),
        Math.Min(book.ActivationSeconds, request.MaxActivationSeconds),
        book.DowntimeBps,
        book.MaxRoyaltyBps,
        request.Arbiter,
        expiresAt,
        salt);

    // Null when a GPU class is not sold here. What is not reserved has no price, as in the terms that the contract makes.
    private Prices? PricesFor(Resources resources, PriceBook book)
    {
        var byHash = book.Gpu.ToDictionary(p => ClassHash(p.Key), p => p.Value, StringComparer.OrdinalIgnoreCase);
        BigInteger? Gpu(GpuCount count) => count.IsNone ? 0 : byHash.TryGetValue(count.ClassHash, out var price) ? price : null;
        return Gpu(resources.GpuA) is { } a && Gpu(resources.GpuB) is { } b ? new Prices(
            book.Cpu, book.Memory, resources.StorageMiB > 0 ? book.Storage : 0, resources.EgressKiBps > 0 ? book.Egress : 0, a, b) : null;
    }

    // Of the pods that such a lease may run: those with its devices, and those without.
    private RuntimeProblem? RuntimeProblem(Resources resources, DatacenterRecord datacenter)
    {
        if (datacenter.RuntimeProblems.Count == 0) return null;
        var asked = new[] { resources.GpuA, resources.GpuB }.Where(c => !c.IsNone).Select(c => c.ClassHash).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return datacenter.Spec.GpuClasses.Where(c => asked.Contains(ClassHash(c.Key))).Select(c => c.Value.RuntimeClass).Append(datacenter.Spec.RuntimeClass)
            .Select(name => datacenter.RuntimeProblems.GetValueOrDefault(name)).FirstOrDefault(problem => problem is not null);
    }

    private string ClassHash(string text) => hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(text));
}
