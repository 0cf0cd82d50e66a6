using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Integers beyond 2^53 and all fractions are texts: JSON readers may round numbers, and this is billed.</summary>
public sealed record UsageStatus
{
    [Description("Unix milliseconds up to which samples are counted.")]
    public long ThroughMs { get; init; }

    [Description("Core-nanoseconds.")]
    public string CpuNanoSeconds { get; init; } = "0";

    [Description("Byte-milliseconds.")]
    public string MemoryByteMs { get; init; } = "0";

    [Description("MiB-milliseconds.")]
    public string StorageMiBMs { get; init; } = "0";

    [Description("Bytes sent.")]
    public string EgressBytes { get; init; } = "0";

    [Description("Device-milliseconds of the first model class.")]
    public string GpuMsA { get; init; } = "0";

    [Description("Device-milliseconds of the second model class.")]
    public string GpuMsB { get; init; } = "0";

    [Description("Pod-milliseconds that should have been measured.")]
    public long ExpectedMs { get; init; }

    [Description("Pod-milliseconds that were measured closely enough to bill.")]
    public long ObservedMs { get; init; }

    [Description("Measured share, for people.")]
    public string Coverage { get; init; } = "";

    [Description("Measured share of the pods' time in the last window that closed, for people; left out where no pod was in it.")]
    public string? WindowCoverage { get; init; }

    [Description("Pod-milliseconds of the last window, by the API server.")]
    public long? WindowLifeMs { get; init; }

    [Description("Of these, what no samples show.")]
    public long? WindowUnmeasuredMs { get; init; }

    [Description("Which samples that is about: of the meters that the lease is charged by, the one that lacks most. Left out for cpu.")]
    public string? WindowMeter { get; init; }

    [Description("Pod-milliseconds of all windows that no samples show: with any, the usage is a lower bound.")]
    public long? UnmeasuredMs { get; init; }

    [Description("Device-milliseconds in which something ran, by NVIDIA's DCGM exporter: information, not billed. Left out where nothing exports it.")]
    public long? GpuBusyMs { get; init; }

    [Description("Milliseconds in which the lease's capacity was held for it, from its activation on, less the downtime that its terms credit: information, not billed.")]
    public long? ReservedMs { get; init; }

    [Description("Unix milliseconds at which metering went on from the chain's last receipt alone, for this object was lost and no evidence of it was kept. Left out where that never was.")]
    public long? ResumedMs { get; init; }

    [XListType(ListType.Atomic), Description("Where each live series stands.")]
    public IReadOnlyList<SeriesStatus> Series { get; init; } = [];

    [XListType(ListType.Atomic), Description("UIDs of the pods that were measured last and have no series any more.")]
    public IReadOnlyList<string>? Forgotten { get; init; }
}

public sealed record SeriesStatus
{
    [Required]
    public string Key { get; init; } = "";

    [Required]
    public long AtMs { get; init; }

    [Required, Description("Shortest decimal text that reads back to the same double.")]
    public string Value { get; init; } = "0";

    [Description("Milliseconds measured before it was known what the pod holds.")]
    public long? UnheldMs { get; init; }

    [Description("When the value was shown, where lower ones came since: unix milliseconds.")]
    public long? ReadMs { get; init; }

    [Description("When the counter was first certain to have begun anew, until it is counted again: unix milliseconds.")]
    public long? FellMs { get; init; }
}

/// <summary>Durable like the usage: the last of a pod's time is counted after it has gone.</summary>
public sealed record HoldingStatus
{
    [Required]
    public string PodUid { get; init; } = "";

    [Description("Devices of the lease's first model class.")]
    public long GpuA { get; init; }

    [Description("Devices of the lease's second model class.")]
    public long GpuB { get; init; }

    [Description("Volumes, MiB.")]
    public long StorageMiB { get; init; }

    [Description("Unix milliseconds when the pod had ended: nothing is billed of what its series show after that.")]
    public long? EndedMs { get; init; }

    [Description("Unix milliseconds from which on its time is not counted yet: when it was bound, then as far as it is counted. Without it, samples count.")]
    public long? FromMs { get; init; }

    [Description("Nobody vouches for its life any more: from fromMs on samples count.")]
    public bool? IsDoubtful { get; init; }
}
