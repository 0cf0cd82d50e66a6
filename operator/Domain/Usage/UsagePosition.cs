using Federation.Domain.Pricing;

namespace Federation.Domain.Usage;

/// <summary>Where one series was read up to. Counters go on from <paramref name="Value"/>, gauges from <paramref name="AtMs"/>.</summary>
public sealed record SeriesPosition(string Key, long AtMs, double Value)
{
    /// <summary>UID of the pod, the key's first part.</summary>
    public string PodUid => Key[..Key.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>
    /// Of a CPU series: milliseconds that were measured before it was known what the pod holds; null once it is. A pod's
    /// samples may be read before the cluster's cache shows the pod: its devices and storage are billed for them once it does.
    /// </summary>
    public long? UnheldMs { get; init; }

    /// <summary>Of a counter: when <see cref="Value"/> was shown, where lower ones came since; null when that is <see cref="AtMs"/>.</summary>
    public long? ReadMs { get; init; }

    /// <summary>Of a counter: when it was first certain to have begun anew; null once it is counted again.</summary>
    public long? FellMs { get; init; }
}

/// <summary>
/// The durable state of a lease's metering: the cumulative totals in fine units, and where each live series stands.
/// A restart goes on from it; any split of time into windows gives the same sum.
/// </summary>
/// <param name="ThroughMs">Unix milliseconds up to which samples are folded in.</param>
/// <param name="CpuNanoSeconds">Core-nanoseconds.</param>
/// <param name="MemoryByteMs">Byte-milliseconds, as text-safe integer.</param>
/// <param name="ExpectedMs">Pod-milliseconds that should have been seen, for the coverage ratio.</param>
/// <param name="ObservedMs">Pod-milliseconds between samples close enough to bill.</param>
public sealed record UsagePosition(
    long ThroughMs,
    UInt128 CpuNanoSeconds,
    UInt128 MemoryByteMs,
    UInt128 StorageMiBMs,
    UInt128 EgressBytes,
    UInt128 GpuMsA,
    UInt128 GpuMsB,
    long ExpectedMs,
    long ObservedMs,
    IReadOnlyList<SeriesPosition> Series)
{
    /// <summary>
    /// UIDs of pods whose positions were dropped, the latest last. Such a pod may show again, when its node was cut off and is
    /// back: its counters then hold what was billed before, so only their rises from there on are billed.
    /// </summary>
    public IReadOnlyList<string> Forgotten { get; init; } = [];

    /// <summary>What the last window that closed saw of its pods.</summary>
    public WindowSight Window { get; init; } = WindowSight.None;

    /// <summary>Pod-milliseconds that all windows together did not see: with any, the totals are a lower bound.</summary>
    public long UnmeasuredMs { get; init; }

    /// <summary>Device-milliseconds in which something ran, as far as anybody measured it: information, in no receipt and no evidence.</summary>
    public long? GpuBusyMs { get; init; }

    /// <summary>Milliseconds in which the lease's capacity was held for it (<see cref="Reservation"/>): information, in no receipt. Null before the first window that says it.</summary>
    public long? ReservedMs { get; init; }

    /// <summary>
    /// Unix milliseconds at which metering went on from a receipt on chain alone, for the lease's object was lost and its evidence too; null where that
    /// never was. What pods had counted until then is in the receipt, whatever their counters stand at.
    /// </summary>
    public long? ResumedMs { get; init; }

    public static UsagePosition StartingAt(long ms) => new(ms, 0, 0, 0, 0, 0, 0, 0, 0, []);

    /// <summary>What a receipt says, and no more than that: nobody knows where any series stood.</summary>
    public static UsagePosition Resuming(UsageVector usage, long throughMs) => StartingAt(throughMs) with
    {
        CpuNanoSeconds = (UInt128)usage.CpuMilliSeconds * 1_000_000,
        MemoryByteMs = (UInt128)usage.MemoryMiBSeconds * 1000 * 1024 * 1024,
        StorageMiBMs = (UInt128)usage.StorageMiBSeconds * 1000,
        EgressBytes = (UInt128)usage.EgressKiB * 1024,
        GpuMsA = usage.GpuMilliSecondsA,
        GpuMsB = usage.GpuMilliSecondsB,
        ResumedMs = throughMs,
    };

    /// <summary>The integers that go on chain, each rounded down: never above what was measured.</summary>
    public UsageVector ToVector() => new(
        Clamp(CpuNanoSeconds / 1_000_000),
        Clamp(MemoryByteMs / ((UInt128)1000 * 1024 * 1024)),
        Clamp(StorageMiBMs / 1000),
        Clamp(EgressBytes / 1024),
        Clamp(GpuMsA),
        Clamp(GpuMsB));

    /// <summary>Share of the time between the first and the last sample of pods that was measured, 0 to 1; 1 when nothing was to be seen.</summary>
    public double Coverage => ExpectedMs == 0 ? 1 : Math.Min(1, (double)ObservedMs / ExpectedMs);

    /// <summary>A pod was measured that the cluster has not shown yet.</summary>
    public bool HasUnheld => Series.Any(s => s.UnheldMs is not null);

    private static ulong Clamp(UInt128 value) => value > ulong.MaxValue ? ulong.MaxValue : (ulong)value;
}
