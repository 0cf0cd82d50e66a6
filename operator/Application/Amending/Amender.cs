using Federation.Application.Holding;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;

namespace Federation.Application.Amending;

/// <summary>An amendment that the provider has signed, or why there is none.</summary>
public sealed record AmendmentResult(SignedAmendment? Amendment, string Reason, string Message)
{
    internal static AmendmentResult Refuse(QuoteResult why) => new(null, why.Reason, why.Message);
}

/// <summary>A lease that its payer wants amended.</summary>
/// <param name="Request">What it is to be, whole: spec hash, resources, term, and the most that it may cost.</param>
/// <param name="Signature">The payer's, that it asks for it, 0x hex; empty: none.</param>
/// <param name="Caller">Network address that it comes from.</param>
public sealed record AmendmentDemand(LeaseId Lease, RequestTerms Request, string Signature, string Caller);

/// <summary>Answers who wants a running lease to be another one.</summary>
public interface IAmender
{
    Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation);
}

/// <summary>
/// The amender of a datacenter: quotes' rules and prices on the terms that are asked for, then an amendment that is held and
/// signed. Start fee, minimum charge and fees of the reservation stay what they were.
/// </summary>
public sealed class Amender(
    OfferMaker maker, IMarketReader market, IPayers payers, ILeaseStore leases, IWorkloadCluster cluster, HeldAmendments amendments, WindowCalls windows, LeasePolicy policy, OperatorHealth health, IHasher hasher,
    TimeProvider clock) : IAmender
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    // A settlement that is on its way has the next number: the contract takes any later one.
    private const uint SeqAhead = 2;

    private readonly DeliveryReader deliveries = new(hasher);

    public async Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation)
    {
        // 1. What the Request, the price book and the lease say. Fees of the match are not asked for again.
        var request = demand.Request with { MaxStartFee = PriceBook.Most, MaxMinCharge = PriceBook.Most, MaxReservationFee = PriceBook.Most };
        var expires = Math.Min((clock.GetUtcNow() + Life).ToUnixTimeSeconds(), request.ExpiresAt);
        var view = health.Seen?.Picture.Views.GetValueOrDefault(demand.Lease);
        var elapsed = view is { Confirmed.ActivatedAt: > 0 } ? Math.Max(0, view.BlockTime - view.Confirmed.ActivatedAt) : 0;
        var (least, refused) = await maker.DraftAsync(request, expires, 0, cancellation, view?.Terms.NoticeSeconds, elapsed);
        if (least is null) return AmendmentResult.Refuse(refused!);
        if (health.Seen is null) return AmendmentResult.Refuse(HeldOffers.Unread);
        if (AmendmentRules.CheckLease(request, view, expires) is { } unfit) return AmendmentResult.Refuse(unfit);

        // 2. Whether it is the payer who asks.
        if (await CheckSignatureAsync(demand, cancellation) is { } unsigned) return AmendmentResult.Refuse(unsigned);

        // 3. What it costs now.
        var priced = await maker.PriceAsync(request, least, cancellation);
        if (priced.Offer is not { } offer) return AmendmentResult.Refuse(priced.Refusal!);
        var terms = AmendmentRules.TermsOf(view!.Terms, request, offer);

        // 4. Whether workload, escrow and stake go with it.
        var record = (await leases.ListAsync(cancellation)).FirstOrDefault(r => r.Id == demand.Lease);
        if (await CheckWorkloadAsync(view, record, terms, cancellation) is { } small) return AmendmentResult.Refuse(small);
        // Signed as it is, what was used would be below what is settled.
        if (Resumption.IsBehind(view, record?.Status ?? LeaseStatus.New)) return AmendmentResult.Refuse(AmendmentRules.Unmetered);
        var usage = record?.Status.Usage;
        var (vector, through) = (usage?.ToVector() ?? UsageVector.Zero, Receipt.ThroughOf(view, usage?.ThroughMs / 1000 ?? 0));
        if (AmendmentRules.CheckWindow(view, through, terms, policy.ScrapeDelayMs / 1000) is { } open)
        {
            windows.Call(view.Id, (view.BlockTime * 1000) - policy.ScrapeDelayMs);
            return AmendmentResult.Refuse(open);
        }

        var down = record?.Status.Downtime?.Seconds(health.Now.ToUnixTimeMilliseconds(), through - view.Confirmed.ActivatedAt) ?? 0;
        var standing = await market.ReadAsync(demand.Request, cancellation);
        if (AmendmentRules.CheckMoney(view, vector, down, through, terms, standing.FreeStake) is { } poor) return AmendmentResult.Refuse(poor);

        // 5. Whether the nodes have room, which is held from here on.
        var amendment = new AmendmentTerms(
            demand.Lease.Hex, view.Terms, terms, view.Confirmed.Amendments, view.Confirmed.Seq + SeqAhead, through, vector, down, expires);
        return await amendments.SignAsync(demand.Lease, amendment, new Asker(view.Terms.Payer, demand.Caller, 0), cancellation);
    }

    private async Task<QuoteResult?> CheckSignatureAsync(AmendmentDemand demand, CancellationToken cancellation)
    {
        var payer = demand.Request.PaidBy();
        if (demand.Signature.Length == 0)
            return QuoteResult.Refuse(QuoteReasons.SignatureMissing, $"Who pays has to ask: send the signature of {payer} over AskAmendment(bytes32 leaseId,Request request).");
        return await payers.HasAskedAsync(demand.Lease, demand.Request, demand.Signature, cancellation) ? null : QuoteResult.Refuse(
            QuoteReasons.SignatureInvalid, $"The signature is not one of {payer}, who pays, over AskAmendment(bytes32 leaseId,Request request) for this lease, market and chain.");
    }

    // A workload that is not delivered yet is looked at when it comes.
    private async Task<QuoteResult?> CheckWorkloadAsync(LeaseView view, LeaseRecord? record, LeaseTerms terms, CancellationToken cancellation)
    {
        var facts = await cluster.ObserveAsync(view.Id, terms, cancellation);
        var claims = facts.Claims;
        var delivered = deliveries.Read(record?.Workload, terms, await cluster.ReadCapacityAsync(cancellation), view.Id, claims, facts.AppliedSpecHash);
        // Volumes never get smaller, so such terms could never be met. What may be made or grow before this amendment is mined counts as made.
        var present = delivered.Hash == view.Terms.SpecHash ? delivered.Spec : null;
        if (present is null && terms.Resources.StorageMiB < view.Terms.Resources.StorageMiB)
            return QuoteResult.Refuse("VolumesLarger", $"The workload of the present terms is not delivered, and may still take the {view.Terms.Resources.StorageMiB} MiB of storage that are leased: deliver it first, or keep as much storage leased.");
        if (present is not null && VolumeRules.Takes(present, claims) is var held && held > terms.Resources.StorageMiB)
            return QuoteResult.Refuse("VolumesLarger", $"The lease's volumes take {held} MiB and keep their size; at least that much storage has to stay leased.");
        return delivered.Hash != terms.SpecHash || delivered.Faults.Count == 0 ? null : QuoteResult.Refuse(
            "WorkloadDoesNotFit", $"The workload that is delivered, with the spec hash that is asked for, does not fit: {string.Join(" ", delivered.Faults.Take(5).Select(f => f + "."))}");
    }
}
