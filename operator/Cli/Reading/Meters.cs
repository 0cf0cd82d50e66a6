using System.Numerics;
using Federation.Domain.Pricing;

namespace Federation.Cli.Reading;

/// <summary>One meter of a lease, priced.</summary>
/// <param name="Name">As receipts have it on the wire.</param>
/// <param name="Used">In units that people know.</param>
/// <param name="Cost">Smallest units, rounded down; the sum is rounded once, and may be one more or two.</param>
internal sealed record Meter(string Name, ulong Raw, string Used, BigInteger Price, BigInteger Cost)
{
    public static IReadOnlyList<Meter> Of(Prices prices, UsageVector usage) =>
    [
        Priced("cpuMilliSeconds", usage.CpuMilliSeconds, 1_000 * 3_600, "core-hours", prices.Cpu),
        Priced("memoryMiBSeconds", usage.MemoryMiBSeconds, 1_024 * 3_600, "GiB-hours", prices.Memory),
        Priced("storageMiBSeconds", usage.StorageMiBSeconds, 1_024 * 3_600, "GiB-hours of disk", prices.Storage),
        Priced("egressKiB", usage.EgressKiB, 1_024 * 1_024, "GiB out", prices.Egress),
        Priced("gpuMilliSecondsA", usage.GpuMilliSecondsA, 1_000 * 3_600, "GPU-hours of class A", prices.GpuA),
        Priced("gpuMilliSecondsB", usage.GpuMilliSecondsB, 1_000 * 3_600, "GPU-hours of class B", prices.GpuB),
    ];

    private static Meter Priced(string name, ulong raw, uint per, string unit, BigInteger price) =>
        new(name, raw, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(decimal)raw / per:0.####} {unit}"), price, price * raw / Prices.Scale);
}
