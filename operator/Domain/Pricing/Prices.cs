using System.Numerics;

namespace Federation.Domain.Pricing;

/// <summary>Price book of a lease: token smallest units per 10^9 units of each meter, as on chain.</summary>
/// <param name="Cpu">Per 10^9 millicore-seconds.</param>
/// <param name="Memory">Per 10^9 MiB-seconds.</param>
/// <param name="Storage">Per 10^9 MiB-seconds.</param>
/// <param name="Egress">Per 10^9 KiB.</param>
/// <param name="GpuA">Per 10^9 GPU-milliseconds.</param>
/// <param name="GpuB">Per 10^9 GPU-milliseconds.</param>
public sealed record Prices(
    BigInteger Cpu,
    BigInteger Memory,
    BigInteger Storage,
    BigInteger Egress,
    BigInteger GpuA,
    BigInteger GpuB)
{
    /// <summary>Meter units that a price is for.</summary>
    public static readonly BigInteger Scale = 1_000_000_000;

    public static Prices Zero { get; } = new(0, 0, 0, 0, 0, 0);
}
