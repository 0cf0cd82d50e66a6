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
}
