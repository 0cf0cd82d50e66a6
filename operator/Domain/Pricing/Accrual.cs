using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Domain.Pricing;

/// <summary>The contract's money arithmetic, to the bit: shared vectors hold both to the same integers.</summary>
public static class Accrual
{
    private static readonly BigInteger BasisPoints = 10_000;

    /// <summary>Priced usage in smallest units, rounded down once on the cumulative total.</summary>
    public static BigInteger Price(Prices prices, UsageVector usage) =>
        (prices.Cpu * usage.CpuMilliSeconds
         + prices.Memory * usage.MemoryMiBSeconds
         + prices.Storage * usage.StorageMiBSeconds
         + prices.Egress * usage.EgressKiB
         + prices.GpuA * usage.GpuMilliSecondsA
         + prices.GpuB * usage.GpuMilliSecondsB) / Prices.Scale;

    /// <summary>The most that the reserved capacity can cost in <paramref name="seconds"/>, rounded down.</summary>
    public static BigInteger RateCap(Prices prices, Resources resources, BigInteger seconds) =>
        ScaledRate(prices, resources) * seconds / Prices.Scale;

    /// <summary>What a receipt is worth by these terms alone: start fee and priced usage less the credit for downtime, not below zero.</summary>
    public static BigInteger Due(LeaseTerms terms, UsageVector usage, uint downSeconds) =>
        BigInteger.Max(0, terms.StartFee + Price(terms.Prices, usage) - DowntimeCredit(terms, downSeconds));

    /// <summary>What the tenant gets back for seconds in which its workload was not ready, rounded down.</summary>
    public static BigInteger DowntimeCredit(LeaseTerms terms, uint downSeconds) =>
        ScaledRate(terms.Prices, terms.Resources) * downSeconds * terms.DowntimeBps / BasisPoints / Prices.Scale;

    /// <summary>What must stay in escrow so that the notice is paid whatever the load, and who closes the lease is rewarded.</summary>
    public static BigInteger ClosingReserve(LeaseTerms terms) =>
        ClosingReserve(terms.Prices, terms.Resources, terms.NoticeSeconds, terms.Parameters.Bounty);

    /// <summary>The notice at full load, rounded up, and the bounty.</summary>
    public static BigInteger ClosingReserve(Prices prices, Resources resources, uint noticeSeconds, BigInteger bounty) =>
        DivideUp(ScaledRate(prices, resources) * noticeSeconds, Prices.Scale) + bounty;

    /// <summary>Stake that a lease locks: two maturity buckets at the full rate, times the ratio; rounded up.</summary>
    public static BigInteger Slice(Prices prices, Resources resources, uint maturitySeconds, uint sliceBps) =>
        DivideUp(ScaledRate(prices, resources) * 2 * maturitySeconds * sliceBps, BasisPoints * Prices.Scale);

    private static BigInteger ScaledRate(Prices prices, Resources resources) =>
        prices.Cpu * resources.CpuMilli
        + prices.Memory * resources.MemoryMiB
        + prices.Storage * resources.StorageMiB
        + prices.Egress * resources.EgressKiBps
        + prices.GpuA * resources.GpuA.Count * 1000
        + prices.GpuB * resources.GpuB.Count * 1000;

    private static BigInteger DivideUp(BigInteger value, BigInteger by) => (value + by - 1) / by;
}
