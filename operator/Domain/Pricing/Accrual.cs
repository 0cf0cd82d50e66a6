using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Domain.Pricing;

/// <summary>The contract's money arithmetic, to the bit: shared vectors hold both to the same integers.</summary>
public static class Accrual
{
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

    /// <summary>What must stay in escrow so that the notice is paid whatever the load: the notice at full load, rounded up.</summary>
    public static BigInteger ClosingReserve(LeaseTerms terms) => ClosingReserve(terms.Prices, terms.Resources, terms.NoticeSeconds);

    public static BigInteger ClosingReserve(Prices prices, Resources resources, uint noticeSeconds) =>
        DivideUp(ScaledRate(prices, resources) * noticeSeconds, Prices.Scale);

    private static BigInteger ScaledRate(Prices prices, Resources resources) =>
        prices.Cpu * resources.CpuMilli
        + prices.Memory * resources.MemoryMiB
        + prices.Storage * resources.StorageMiB
        + prices.Egress * resources.EgressKiBps
        + prices.GpuA * resources.GpuA.Count * 1000
        + prices.GpuB * resources.GpuB.Count * 1000;

    private static BigInteger DivideUp(BigInteger value, BigInteger by) => (value + by - 1) / by;
}
