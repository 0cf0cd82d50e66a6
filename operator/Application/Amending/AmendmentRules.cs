using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using static Federation.Application.Ports.Addresses;

namespace Federation.Application.Amending;

/// <summary>What a lease is amended to, and why it is not. What the contract would refuse is said here, where it costs no transaction.</summary>
internal static class AmendmentRules
{
    // Between the moment that samples are there for and the answer lie a look, a write and the question: so much may be unmeasured.
    private const long OpenSeconds = 15;

    /// <param name="view">Null when the chain shows no such lease of this datacenter.</param>
    /// <param name="expiresAt">Of the amendment, unix seconds.</param>
    public static QuoteResult? CheckLease(RequestTerms request, LeaseView? view, long expiresAt)
    {
        if (view is null || view.Confirmed.State == LeaseState.None)
            return No(AmendmentReasons.LeaseUnknown, "No such lease of this datacenter is confirmed on chain.");
        var (lease, terms) = (view.Confirmed, view.Terms);
        if (!lease.TermsMatch)
            return No("ChainUnavailable", "This datacenter is reading the terms of the lease; ask again in some seconds.");
        if (lease.State != LeaseState.Active)
            return No("LeaseNotActive", $"Only a running lease can be amended; this one is {lease.State}.");
        if (!Same(request.Tenant, terms.Tenant) || !Same(request.PaidBy(), terms.Payer))
            return No("OtherParty", $"The lease is of tenant {terms.Tenant}, paid by {terms.Payer}; the Request has to name the same.");
        if (!Same(request.Token, terms.Token))
            return No("OtherToken", $"The lease is paid in {terms.Token}, which cannot be amended.");
        return lease.ActivatedAt + request.DurationSeconds > expiresAt ? null : No(
            "TermOver", $"The lease runs since {lease.ActivatedAt} (unix): a term of {request.DurationSeconds} s would be over before the amendment expires.");
    }

    /// <summary>The parameters stay those of the match. The stake grows with what the lease can cost, and never shrinks: it stands for older claims too.</summary>
    public static LeaseTerms TermsOf(LeaseTerms old, RequestTerms request, OfferTerms offer)
    {
        var next = old with
        {
            SpecHash = request.SpecHash, Resources = request.Resources, Prices = offer.Prices, DurationSeconds = request.DurationSeconds, NoticeSeconds = offer.NoticeSeconds,
        };
        var (slice, before, now) = (old.Parameters.Slice, RateOf(old), RateOf(next));
        if (slice.IsZero || before.IsZero || now <= before) return next;
        var grown = ((slice * now) + before - 1) / before;
        return next with { Parameters = old.Parameters with { Slice = grown, Penalty = old.Parameters.Penalty * grown / slice } };
    }

    /// <summary>
    /// What was used since the last closed window is priced, and capped, by the new terms: whoever shrinks a lease would have an hour at its
    /// full size for the price of the small one.
    /// </summary>
    /// <param name="through">Unix seconds until which its usage is measured.</param>
    /// <param name="scrapeDelay">Seconds after which the samples of a moment are there.</param>
    public static QuoteResult? CheckWindow(LeaseView view, long through, LeaseTerms next, long scrapeDelay) =>
        through >= view.BlockTime - scrapeDelay - OpenSeconds || !IsLess(view.Terms, next) ? null : No(
            AmendmentReasons.WindowOpen, "Something of the lease would get smaller or cheaper, and what it has used until now is measured first; ask again in some seconds.");

    /// <summary>Nobody knows yet what was used: its object was lost, and the chain has settled more than the new one says.</summary>
    public static QuoteResult Unmetered { get; } = No(AmendmentReasons.WindowOpen, "What the lease has used is looked up first, for its object was lost or set back; ask again in some seconds.");

    private static bool IsLess(LeaseTerms old, LeaseTerms next)
    {
        var (a, b, from, to) = (old.Resources, next.Resources, old.Prices, next.Prices);
        return b.CpuMilli < a.CpuMilli || b.MemoryMiB < a.MemoryMiB || b.StorageMiB < a.StorageMiB || b.EgressKiBps < a.EgressKiBps || IsFewer(a.GpuA, b.GpuA) || IsFewer(a.GpuB, b.GpuB)
            || to.Cpu < from.Cpu || to.Memory < from.Memory || to.Storage < from.Storage || to.Egress < from.Egress || to.GpuA < from.GpuA || to.GpuB < from.GpuB;
    }

    private static bool IsFewer(GpuCount before, GpuCount after) => before.Count > 0 && (after.Count < before.Count || !Same(after.ClassHash, before.ClassHash));

    /// <param name="freeStake">Smallest units of the provider's stake that no lease has locked.</param>
    public static QuoteResult? CheckMoney(LeaseView view, UsageVector usage, uint downSeconds, long through, LeaseTerms next, BigInteger freeStake)
    {
        // The contract reckons the credit anew at the new rate, and below zero it cuts off: what was credited once would be so again.
        if (next.StartFee + Accrual.Price(next.Prices, usage) < Accrual.DowntimeCredit(next, downSeconds))
            return No("DowntimeTooLong", $"The lease was down for {downSeconds} s, which at the new size is worth more than all that it has used: it cannot be changed. Close it and take another one.");
        var outlook = EscrowOutlook.Of(view, usage, through, downSeconds);
        var needed = Accrual.ClosingReserve(next) + BigInteger.Max(0, next.MinCharge - view.Confirmed.Claimed - outlook.Unclaimed);
        // What is used until it is mined is claimed later; the reserve has to stand then too.
        if (outlook.Remaining <= needed)
            return No("EscrowTooLow", $"The escrow is {outlook.Remaining} once what was used is settled; {needed} must stay for the notice at the new size. Top up by {needed - outlook.Remaining + 1} of {next.Token} at least, and ask again when that is confirmed.");
        var more = next.Parameters.Slice - view.Terms.Parameters.Slice;
        return more <= freeStake ? null : No(
            "InsufficientStake", $"At this size the lease locks {more} more of this datacenter's stake; {freeStake} are free. Ask for less, or take another lease elsewhere.");
    }

    private static BigInteger RateOf(LeaseTerms terms) => Accrual.RateCap(terms.Prices, terms.Resources, Prices.Scale);

    private static QuoteResult No(string reason, string message) => QuoteResult.Refuse(reason, message);
}

/// <summary>Reasons that an answer's status depends on.</summary>
public static class AmendmentReasons
{
    public const string LeaseUnknown = nameof(LeaseUnknown);

    /// <summary>It passes: what the lease has used is measured now, and then the same question is answered.</summary>
    public const string WindowOpen = nameof(WindowOpen);
}
