using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;

namespace Federation.Testing.Usage;

/// <summary>One pod's true counters and the samples taken of them.</summary>
public sealed class MeteredPod(PodFact pod, long startMs)
{
    private readonly List<(long AtMs, long CpuMilliMs, long Memory, long EgressBytes)> samples = [];
    private long nowMs = startMs;
    private long cpuMilliMs;
    private long memory;
    private long egressMilliBytes;

    public string Uid => pod.Uid;

    public void Run(long untilMs, long cpuMilli, long memoryBytes, long egressBytesPerSecond)
    {
        var ms = untilMs - nowMs;
        (nowMs, memory) = (untilMs, memoryBytes);
        cpuMilliMs += cpuMilli * ms;
        egressMilliBytes += egressBytesPerSecond * ms;
    }

    public void Sample() => samples.Add((nowMs, cpuMilliMs, memory, egressMilliBytes / 1000));

    public IEnumerable<UsageSeries> Read(long fromMs, long throughMs)
    {
        var inside = samples.Where(s => s.AtMs > fromMs && s.AtMs <= throughMs).ToArray();
        if (inside.Length == 0) yield break;
        yield return new UsageSeries(pod.Uid, Meter.Cpu, "", [.. inside.Select(s => new UsageSample(s.AtMs, s.CpuMilliMs / 1e6))]);
        yield return new UsageSeries(pod.Uid, Meter.Memory, "", [.. inside.Select(s => new UsageSample(s.AtMs, s.Memory))]);
        yield return new UsageSeries(pod.Uid, Meter.Egress, "eth0", [.. inside.Select(s => new UsageSample(s.AtMs, s.EgressBytes))]);
    }

    /// <summary>The same, of a pod whose life the API server told: what it holds is its own from being bound until it last ran.</summary>
    public TrueUsage MeasureLife(long throughMs, long maxGapMs) => pod.BoundAtMs == 0
        ? Measure(throughMs, maxGapMs)
        : Measure(throughMs, maxGapMs).Unseen().Hold(pod, Math.Max(0, Math.Min(throughMs, nowMs) - pod.BoundAtMs), 0);

    /// <summary>What a perfect meter gives for the samples up to then: no windows, no restarts, no positions.</summary>
    public TrueUsage Measure(long throughMs, long maxGapMs)
    {
        var total = TrueUsage.Zero;
        (long AtMs, long CpuMilliMs, long Memory, long EgressBytes)? before = null;
        foreach (var now in samples.Where(s => s.AtMs <= throughMs))
        {
            // Counters fall never here, so the last one is the sum of the rises.
            total = total with { CpuNanoSeconds = (UInt128)now.CpuMilliMs * 1000, EgressBytes = (UInt128)now.EgressBytes };
            if (before is { } last && now.AtMs - last.AtMs <= maxGapMs) total = total.Hold(pod, now.AtMs - last.AtMs, Math.Min(now.Memory, last.Memory));
            before = now;
        }

        return total;
    }
}

/// <summary>Fine units of a lease's usage.</summary>
public sealed record TrueUsage(UInt128 CpuNanoSeconds, UInt128 MemoryByteMs, UInt128 StorageMiBMs, UInt128 EgressBytes, UInt128 GpuMsA, UInt128 GpuMsB)
{
    public static TrueUsage Zero { get; } = new(0, 0, 0, 0, 0, 0);

    public TrueUsage Hold(PodFact pod, long ms, long memory) => this with
    {
        MemoryByteMs = MemoryByteMs + (UInt128)memory * (UInt128)ms,
        StorageMiBMs = StorageMiBMs + (UInt128)pod.StorageMiB * (UInt128)ms,
        GpuMsA = GpuMsA + (UInt128)pod.GpuA * (UInt128)ms,
        GpuMsB = GpuMsB + (UInt128)pod.GpuB * (UInt128)ms,
    };

    public TrueUsage Keep(uint mib, long ms) => this with { StorageMiBMs = StorageMiBMs + (UInt128)mib * (UInt128)ms };

    /// <summary>Without devices and storage: what a pod holds is known only from having seen it.</summary>
    public TrueUsage Unseen() => this with { StorageMiBMs = 0, GpuMsA = 0, GpuMsB = 0 };

    public TrueUsage Plus(TrueUsage other) => new(
        CpuNanoSeconds + other.CpuNanoSeconds, MemoryByteMs + other.MemoryByteMs, StorageMiBMs + other.StorageMiBMs,
        EgressBytes + other.EgressBytes, GpuMsA + other.GpuMsA, GpuMsB + other.GpuMsB);

    public UsageVector ToVector() => new(
        (ulong)(CpuNanoSeconds / 1_000_000), (ulong)(MemoryByteMs / (1000UL << 20)), (ulong)(StorageMiBMs / 1000),
        (ulong)(EgressBytes / 1024), (ulong)GpuMsA, (ulong)GpuMsB);
}
