using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using static Federation.Application.Ports.Addresses;

namespace Federation.Application.Quoting;

/// <summary>Why a Request gets no Offer. What the contract would refuse is said here, where it costs the tenant no transaction.</summary>
internal static class QuoteRules
{
    /// <summary>Reason: this datacenter lets nothing for so long from now on.</summary>
    public const string TermTooLong = "TermTooLong";

    /// <param name="prices">Null when a GPU class is not sold here.</param>
    /// <param name="now">Unix seconds.</param>
    /// <param name="notice">Seconds of notice that the datacenter insists on.</param>
    /// <param name="elapsed">Seconds of the term that are over: an administrator bounds how long prices hold from now on.</param>
    public static QuoteResult? CheckTerms(RequestTerms request, DatacenterRecord record, Prices? prices, long now, uint notice, long elapsed = 0)
    {
        var datacenter = record.Spec;
        if (datacenter.Intake != Intake.Open)
            return No($"{datacenter.Intake}", $"This datacenter takes no new leases now{(datacenter.Intake == Intake.Paused ? "" : ": it is being drained")}. Ask another one.");
        if (record.RefusesForNetwork)
            return No(QuoteReasons.NetworkNotIsolated, $"Nothing shows that this datacenter's network keeps leases apart ({record.NetworkPolicy?.Reason ?? "NotProbedYet"}), and it takes no new ones until something does. Ask another one, or this one later.");
        if (record.RefusesForEvidence)
            return No(EvidenceRules.Unkept, "This datacenter cannot keep the evidence of what it measures now, and takes no new leases until it can. Ask another one, or this one later.");
        if (!IsZero(request.Provider) && !Same(request.Provider, datacenter.Provider))
            return No("OtherProvider", $"The Request is for {request.Provider}; this is {datacenter.Provider}.");
        if (!Same(request.Token, datacenter.Prices.Token))
            return No("OtherToken", $"This datacenter is paid in {datacenter.Prices.Token}, not in {request.Token}.");
        if (request.ExpiresAt <= now)
            return No("RequestExpired", "The Request has expired; sign a new one.");
        if (request.Resources.CpuMilli == 0 || request.Resources.MemoryMiB == 0)
            return No("ResourcesEmpty", "A lease reserves some CPU and some memory; the contract takes no other.");
        if (new[] { request.Resources.GpuA, request.Resources.GpuB }.Any(slot => slot.IsNone != (slot.Count == 0)))
            return No("GpuSlotIncomplete", "A GPU slot has a class and a count, or neither.");
        if (request.DurationSeconds == 0)
            return No("TermTooShort", "A lease lasts at least one second.");
        if (request.DurationSeconds - elapsed > datacenter.Prices.MaxDurationSeconds)
            return No(TermTooLong, $"A lease here lasts at most {datacenter.Prices.MaxDurationSeconds} s from now; {request.DurationSeconds - elapsed} s were asked for.");
        if (request.MinNoticeSeconds > request.MaxNoticeSeconds)
            return No("NoticeImpossible", "minNoticeSeconds is above maxNoticeSeconds.");
        // Deposit and closing reserve are the notice at full load: without one, everything here could be held for next to nothing.
        if (request.MaxNoticeSeconds < notice)
            return No("NoticeTooShort", $"This datacenter gives and takes {notice} s of notice; maxNoticeSeconds is {request.MaxNoticeSeconds}.");
        if (request.MaxActivationSeconds == 0)
            return No("ActivationImpossible", "maxActivationSeconds is zero: no provider can activate within it.");
        if (request.MinDowntimeBps > datacenter.Prices.DowntimeBps)
            return No("DowntimeCreditTooLow", $"This datacenter credits {datacenter.Prices.DowntimeBps} basis points for downtime; {request.MinDowntimeBps} were asked for.");
        if (!IsZero(request.Arbiter) && !datacenter.Prices.Arbiters.Any(known => Same(known, request.Arbiter)))
            return No("ArbiterNotAccepted", $"This datacenter does not accept the rulings of {request.Arbiter}; it does of: {List(datacenter.Prices.Arbiters)}. Without an arbiter there are no disputes.");
        return CheckPrices(request, datacenter.Prices, prices);
    }

    /// <param name="prices">Null when a GPU class is not in the book.</param>
    public static QuoteResult? CheckPrices(RequestTerms request, PriceBook book, Prices? prices)
    {
        if (prices is null)
            return No(PlacementReasons.NoMatchingGpu, $"This datacenter sells no such GPU class; it sells: {List(book.Gpu.Keys)}.");
        var (max, wanted) = (request.MaxPrices, request.Resources);
        // Like the contract: the maximum of a meter counts only where some of it is reserved.
        (string Meter, bool Counts, BigInteger Asked, BigInteger Maximum)[] pairs =
        [
            ("cpu", true, prices.Cpu, max.Cpu), ("memory", true, prices.Memory, max.Memory),
            ("storage", wanted.StorageMiB > 0, prices.Storage, max.Storage), ("egress", wanted.EgressKiBps > 0, prices.Egress, max.Egress),
            ("gpuA", wanted.GpuA.Count > 0, prices.GpuA, max.GpuA), ("gpuB", wanted.GpuB.Count > 0, prices.GpuB, max.GpuB),
            ("startFee", true, book.StartFee, request.MaxStartFee), ("minCharge", true, book.MinCharge, request.MaxMinCharge),
            ("reservationFee", true, book.ReservationFee, request.MaxReservationFee),
        ];
        var above = pairs.Where(p => p.Counts && p.Asked > p.Maximum).Select(p => $"{p.Meter} costs {p.Asked}, at most {p.Maximum} was offered").ToArray();
        return above.Length == 0 ? null : No("PriceAboveMaximum", string.Join("; ", above) + ".");
    }

    public static QuoteResult? CheckStanding(RequestTerms request, OfferTerms offer, MarketStanding standing)
    {
        if (standing.IsOpeningPaused)
            return No("OpeningPaused", "New leases are paused on chain; those that run go on.");
        if (!standing.IsActive)
            return No("ProviderNotActive", "This datacenter takes no new leases now, says the registry.");
        var missing = request.RequiredCapabilities & ~standing.Capabilities;
        if (!missing.IsZero)
            return No("CapabilityMissing", $"Capability bits 0x{missing:x} are not {(IsZero(request.Auditor) ? "claimed here" : $"attested by {request.Auditor}")}.");
        if (standing.RoyaltyBps is not { } royalty)
            return No("AppUnknown", $"No app {request.App} is registered.");
        if (royalty > offer.MaxRoyaltyBps)
            return No("RoyaltyAboveMaximum", $"The app takes {royalty} basis points; this datacenter gives up at most {offer.MaxRoyaltyBps}.");
        return CheckDeposit(request, offer, standing.Bounty) ?? CheckStake(request, offer, standing);
    }

    /// <param name="bounty">Of who closes a lease, smallest units.</param>
    public static QuoteResult? CheckDeposit(RequestTerms request, OfferTerms offer, BigInteger bounty)
    {
        var reserve = Accrual.ClosingReserve(offer.Prices, request.Resources, offer.NoticeSeconds, bounty);
        var needed = BigInteger.Max(reserve + offer.StartFee + offer.MinCharge, 1);
        return request.Deposit >= needed ? null : No(
            "DepositTooLow", $"The deposit is {request.Deposit}; {needed} are needed: the notice of {offer.NoticeSeconds} s at full load with the closer's bounty, start fee and minimum charge.");
    }

    private static QuoteResult? CheckStake(RequestTerms request, OfferTerms offer, MarketStanding standing)
    {
        var slice = Accrual.Slice(offer.Prices, request.Resources, standing.MaturitySeconds, standing.SliceBps);
        return slice <= standing.FreeStake ? null : No(
            "InsufficientStake", $"A lease of this size locks {slice} of this datacenter's stake; {standing.FreeStake} are free. Ask for less, or another datacenter.");
    }

    private static QuoteResult No(string reason, string message) => QuoteResult.Refuse(reason, message);

    private static string List(IEnumerable<string> classes) => string.Join(", ", classes.Order()) is { Length: > 0 } text ? text : "none";
}
