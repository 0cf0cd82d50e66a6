using System.Numerics;

namespace Federation.Harness.Demo;

/// <summary>What a datacenter of the demo asks: token smallest units per 10^9 meter units (10^10 per millicore-second is a cent per core-second).</summary>
internal sealed record DemoPrices(string Datacenter, BigInteger Cpu, BigInteger Memory, BigInteger Gpu, string Region)
{
    public static IReadOnlyList<DemoPrices> All { get; } =
    [
        new("alpha", 12_000_000_000, 12_000_000_000, 50_000_000_000, "eu-central-1"),
        new("bravo", 10_000_000_000, 10_000_000_000, 0, "eu-north-1"),
        new("charlie", 8_000_000_000, 8_000_000_000, 0, "us-east-1"),
    ];
}
