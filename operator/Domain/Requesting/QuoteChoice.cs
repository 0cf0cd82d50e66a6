using System.Globalization;
using System.Numerics;
using Federation.Domain.Pricing;

namespace Federation.Domain.Requesting;

/// <summary>The most that a request pays, and the least that comes off for what was not there.</summary>
/// <param name="Prices">Per 10^9 units of each meter; one that nothing is reserved of does not count.</param>
public sealed record Ceiling(Prices Prices, BigInteger StartFee, BigInteger MinCharge, BigInteger ReservationFee)
{
    /// <summary>The least that a second of downtime is credited with, of the full rate.</summary>
    public ushort MinDowntimeBps { get; init; }
}

/// <summary>What a datacenter asks, as it signed it.</summary>
/// <param name="ExpiresAt">Unix seconds.</param>
public sealed record Quote(Candidate From, Prices Prices, BigInteger StartFee, BigInteger MinCharge, BigInteger ReservationFee, long ExpiresAt)
{
    /// <summary>Credit for a second of downtime, of the full rate.</summary>
    public ushort DowntimeBps { get; init; }
}

/// <summary>Chooses among quotes: by what the whole term costs at full load with all fees, below the ceiling, under the placement rules.</summary>
public static class QuoteChoice
{
    /// <summary>Of a large federation those with the most stake are asked: each answer holds a datacenter's capacity for a minute.</summary>
    public const int MostAsked = 256;

    /// <summary>So many of them at the same time.</summary>
    public const int MostAtOnce = 64;

    /// <summary>The datacenters' own word for it, too.</summary>
    public const string CreditTooLow = "DowntimeCreditTooLow";

    private const ushort WholeBps = 10_000;

    /// <summary>What the term costs at most with a quote's prices, smallest units.</summary>
    public static BigInteger Cost(Quote quote, Resources resources, uint seconds) =>
        BigInteger.Max(quote.MinCharge, quote.StartFee + Accrual.RateCap(quote.Prices, resources, seconds));

    /// <summary>What quotes are ranked by: the term's cost and what it costs to give the reservation up. Only one of them comes due, but who asks most for being left shall not come first.</summary>
    public static BigInteger Rank(Quote quote, Resources resources, uint seconds) => Cost(quote, resources, seconds) + quote.ReservationFee;

    /// <returns>What is above the ceiling, for people; null when nothing is.</returns>
    public static string? FaultOf(Quote quote, Ceiling most, Resources resources)
    {
        (string Name, bool Counts, BigInteger Asked, BigInteger Most)[] pairs =
        [
            ("cpu", true, quote.Prices.Cpu, most.Prices.Cpu), ("memory", true, quote.Prices.Memory, most.Prices.Memory),
            ("storage", resources.StorageMiB > 0, quote.Prices.Storage, most.Prices.Storage), ("egress", resources.EgressKiBps > 0, quote.Prices.Egress, most.Prices.Egress),
            ("gpuA", resources.GpuA.Count > 0, quote.Prices.GpuA, most.Prices.GpuA), ("gpuB", resources.GpuB.Count > 0, quote.Prices.GpuB, most.Prices.GpuB),
            ("startFee", true, quote.StartFee, most.StartFee), ("minCharge", true, quote.MinCharge, most.MinCharge),
            ("reservationFee", true, quote.ReservationFee, most.ReservationFee),
        ];
        var above = pairs.Where(p => p.Counts && p.Asked > p.Most).Select(p => $"{p.Name} {p.Asked}, at most {p.Most}").ToArray();
        return above.Length == 0 ? null : string.Join("; ", above);
    }

    /// <param name="credited">Of a second of downtime, of the full rate: basis points.</param>
    /// <returns>Why a credit for downtime is none that may be taken, for people; null when it may.</returns>
    public static string? CreditFaultOf(ushort credited, Ceiling most) =>
        credited > WholeBps ? $"its credit for downtime is {Percent(credited)}, which no contract takes"
        : credited < most.MinDowntimeBps ? $"a second of downtime is credited with {Percent(credited)} of the full rate, at least {Percent(most.MinDowntimeBps)} has to be"
        : null;

    /// <param name="now">Unix seconds.</param>
    /// <returns>Why an offer is none that may be taken, a CamelCase word and what there is to say to it; null when it may, whatever others ask.</returns>
    public static (string Reason, string Message)? WhyNot(Quote quote, Ceiling most, Resources resources, long now) =>
        CreditFaultOf(quote.DowntimeBps, most) is { } credit ? (CreditTooLow, credit)
        : FaultOf(quote, most, resources) is { } above ? ("PriceAboveMaximum", above)
        : quote.ExpiresAt <= now ? ("OfferExpired", "it was over before it could be taken")
        : null;

    /// <param name="taken">Where the request's other replicas stand.</param>
    /// <param name="now">Unix seconds; a quote that is over is none.</param>
    /// <returns>The cheapest that may be taken; of several the one with the lowest address, so that the choice does not hang on who answered first. Null when there is none.</returns>
    public static Quote? Choose(IEnumerable<Quote> quotes, Ceiling most, Resources resources, uint seconds, PlacementRules rules, IReadOnlyCollection<Place> taken, long now) => quotes
        .Where(q => rules.Excludes(q.From) is null && WhyNot(q, most, resources, now) is null && !taken.Any(t => rules.Collides(q.From.Place, t)))
        .OrderBy(q => Rank(q, resources, seconds)).ThenBy(q => q.From.Place.Provider, StringComparer.OrdinalIgnoreCase)
        .FirstOrDefault();

    private static string Percent(ushort basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{basisPoints / 100m:0.##} %");
}
