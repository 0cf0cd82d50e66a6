using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Ledger;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Gateway;

namespace Federation.Cli.Buying;

/// <summary>Holds what a datacenter says to what it was asked, by the rules that the contract has (Matching.sol), before anybody pays for finding out.</summary>
internal static class OfferRules
{
    /// <param name="info">As anybody on the way could have written it: it is not signed.</param>
    /// <param name="published">Content address of the price book that the registry has of it, 0x hex.</param>
    /// <returns>Why it is not that datacenter's word about this chain and token; null when nothing speaks against it.</returns>
    public static string? FaultOf(GatewayInfo info, string provider, string published, ChainDoor chain, string token)
    {
        if (!Same(info.Provider, provider)) return $"its endpoint is that of {info.Provider}";
        if (info.ChainId != chain.ChainId || !Same(info.LeaseManager, chain.Contracts.LeaseManager.ToString())) return $"its endpoint is on chain {info.ChainId} with the lease manager {info.LeaseManager}";
        return FaultOf(info, token) ?? (!IsPublished(published) || Same(PriceBookCall.HashOf(PriceBookCall.Of(info.Prices)).ToString(), published) ? null
            : "the price book that it shows is not the one that it published in the registry");
    }

    /// <summary>Whether a datacenter has published a price book at all: without one nothing on chain says what it asks.</summary>
    public static bool IsPublished(string priceBook) => priceBook.Any(c => c is not ('0' or 'x'));

    /// <returns>Why its price book cannot be read as prices in that token; null when it can.</returns>
    internal static string? FaultOf(GatewayInfo info, string token)
    {
        if (info.GpuClasses?.Any(c => c is null) is not false || info.Prices?.Gpu is not { } gpu) return "its price book has holes";
        if (!Same(info.Prices.Token, token)) return $"it sells in the token {info.Prices.Token}, not in {token}";
        BigInteger[] amounts = [info.Prices.Cpu, info.Prices.Memory, info.Prices.Storage, info.Prices.Egress, info.Prices.StartFee, info.Prices.MinCharge, info.Prices.ReservationFee, .. gpu.Values];
        return amounts.Any(a => a < 0 || a > PriceBook.Most) ? "its price book has amounts that no contract can hold" : null;
    }

    /// <param name="bounty">For who closes a lease whose time is over, smallest units.</param>
    /// <returns>Why the Offer is no answer to the Request, or above what may be paid; null when it may be taken.</returns>
    public static string? FaultOf(OfferTerms offer, RequestTerms asked, Limits limits, BigInteger bounty, TokenUnits units)
    {
        var (r, prices) = (asked.Resources, offer.Prices);
        if (!Covers(offer.Resources, r)) return "the Offer is for less than was asked for, or for another class of GPU";
        if (!Same(offer.Arbiter, asked.Arbiter)) return $"the Offer is under the arbiter {offer.Arbiter}, {asked.Arbiter} was asked for";
        if (offer.NoticeSeconds < asked.MinNoticeSeconds || offer.NoticeSeconds > asked.MaxNoticeSeconds)
            return $"its notice is {Shown.Span(offer.NoticeSeconds)}, at most {Shown.Span(asked.MaxNoticeSeconds)} may be: maxNoticeSeconds of a ComputeRequest allows more";
        if (offer.ActivationSeconds > asked.MaxActivationSeconds) return $"it takes {Shown.Span(offer.ActivationSeconds)} to begin, at most {Shown.Span(asked.MaxActivationSeconds)} may be";
        var most = new Ceiling(asked.MaxPrices, asked.MaxStartFee, asked.MaxMinCharge, asked.MaxReservationFee) { MinDowntimeBps = asked.MinDowntimeBps };
        if (QuoteChoice.CreditFaultOf(offer.DowntimeBps, most) is { } credit) return offer.DowntimeBps < asked.MinDowntimeBps ? $"{credit}: --min-downtime-credit takes less" : credit;
        if (offer.ReservationFee > asked.MaxReservationFee)
            return $"giving it up before it runs costs {units.Show(offer.ReservationFee)}, at most {units.Show(asked.MaxReservationFee)} may be: --max-reservation-fee allows more";
        if (QuoteChoice.FaultOf(Quoted(offer), most, r) is { } above) return above;
        if (limits.PerHour is { } perHour && LeaseSheet.PerHour(prices, r) is var hour && hour > perHour) return $"an hour costs {units.Show(hour)}, --max-price is {units.Show(perHour)}";
        // Fees are paid whatever is used: a term of less than an hour may cost what an hour may.
        if (limits.PerHour is { } ceiling && WholeOf(prices, offer.StartFee, offer.MinCharge, r, asked.DurationSeconds) is var whole && whole * 3_600 > ceiling * Math.Max(3_600, asked.DurationSeconds))
            return $"with its start fee of {units.Show(offer.StartFee)} and least charge of {units.Show(offer.MinCharge)} the term costs up to {units.Show(whole)}, more than --max-price allows for it";
        var needed = NeededBy(offer, r, bounty);
        return asked.Deposit >= needed ? null : $"{units.Show(asked.Deposit)} of escrow are too little for its notice and fees, which take {units.Show(needed)}: give --deposit";
    }

    /// <summary>What has to be in escrow for a lease to begin.</summary>
    public static BigInteger NeededBy(OfferTerms offer, Resources resources, BigInteger bounty) =>
        BigInteger.Max(1, Accrual.ClosingReserve(offer.Prices, resources, offer.NoticeSeconds, bounty) + offer.StartFee + offer.MinCharge);

    /// <summary>What has to be in escrow for the whole term at full load: what is not used comes back.</summary>
    public static BigInteger DepositOf(Prices prices, BigInteger startFee, BigInteger minCharge, uint noticeSeconds, Resources resources, uint seconds, BigInteger bounty) =>
        WholeOf(prices, startFee, minCharge, resources, seconds) + Accrual.ClosingReserve(prices, resources, noticeSeconds, bounty) + 1;

    /// <returns>Seconds that what was asked with pays at full load, the closing reserve left alone: the term, or less of it.</returns>
    public static long LastsOf(OfferTerms offer, RequestTerms asked, BigInteger bounty)
    {
        var reserve = Accrual.ClosingReserve(offer.Prices, asked.Resources, offer.NoticeSeconds, bounty);
        if (asked.Deposit >= WholeOf(offer.Prices, offer.StartFee, offer.MinCharge, asked.Resources, asked.DurationSeconds) + reserve) return asked.DurationSeconds;
        var (spare, hour) = (asked.Deposit - reserve - offer.StartFee, LeaseSheet.PerHour(offer.Prices, asked.Resources));
        return hour.IsZero ? asked.DurationSeconds : (long)BigInteger.Clamp(spare * 3_600 / hour, 0, asked.DurationSeconds);
    }

    // At full load, fees included.
    private static BigInteger WholeOf(Prices prices, BigInteger startFee, BigInteger minCharge, Resources resources, uint seconds) =>
        startFee + BigInteger.Max(minCharge, Accrual.RateCap(prices, resources, seconds));

    private static Quote Quoted(OfferTerms offer) => new(new Candidate(new Place("", ""), "", "", true, 0, 0), offer.Prices, offer.StartFee, offer.MinCharge, offer.ReservationFee, offer.ExpiresAt) { DowntimeBps = offer.DowntimeBps };

    private static bool Covers(Resources offered, Resources asked) =>
        offered.CpuMilli >= asked.CpuMilli && offered.MemoryMiB >= asked.MemoryMiB && offered.StorageMiB >= asked.StorageMiB && offered.EgressKiBps >= asked.EgressKiBps
        && Covers(offered.GpuA, asked.GpuA) && Covers(offered.GpuB, asked.GpuB);

    private static bool Covers(GpuCount offered, GpuCount asked) => asked.Count == 0 || (offered.Count >= asked.Count && Same(offered.ClassHash, asked.ClassHash));

    private static bool Same(string? a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
