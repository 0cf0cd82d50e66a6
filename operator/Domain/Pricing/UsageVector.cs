namespace Federation.Domain.Pricing;

/// <summary>Cumulative meters of a lease since its activation, integers as on chain.</summary>
/// <param name="CpuMilliSeconds">Millicore-seconds: one core for one second is 1,000.</param>
/// <param name="GpuMilliSecondsA">One device of class A for one second is 1,000.</param>
public sealed record UsageVector(
    ulong CpuMilliSeconds,
    ulong MemoryMiBSeconds,
    ulong StorageMiBSeconds,
    ulong EgressKiB,
    ulong GpuMilliSecondsA,
    ulong GpuMilliSecondsB)
{
    public static UsageVector Zero { get; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>True when no meter is below that of <paramref name="earlier"/>: a cumulative vector never falls.</summary>
    public bool Covers(UsageVector earlier) =>
        CpuMilliSeconds >= earlier.CpuMilliSeconds
        && MemoryMiBSeconds >= earlier.MemoryMiBSeconds
        && StorageMiBSeconds >= earlier.StorageMiBSeconds
        && EgressKiB >= earlier.EgressKiB
        && GpuMilliSecondsA >= earlier.GpuMilliSecondsA
        && GpuMilliSecondsB >= earlier.GpuMilliSecondsB;
}
