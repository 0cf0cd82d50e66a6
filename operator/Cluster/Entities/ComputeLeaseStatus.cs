using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Written by the operator alone. <see cref="Usage"/> is the durable state of metering: it is read back.</summary>
public sealed record ComputeLeaseStatus
{
    [Description("Generation of the spec that this is about.")]
    public long ObservedGeneration { get; init; }

    [Description("Reserved, WaitingForWorkload, Starting, Running, Completed, Closing, Closed or Refused.")]
    public string Phase { get; init; } = "";

    [XListType(ListType.Map), XListMapKeys("type")]
    public IReadOnlyList<ConditionEntry> Conditions { get; init; } = [];

    [XListType(ListType.Atomic), Description("Where the services answer.")]
    public IReadOnlyList<EndpointStatus> Endpoints { get; init; } = [];

    [Description("Node by pod name.")]
    public IReadOnlyDictionary<string, string> Placement { get; init; } = new Dictionary<string, string>();

    [Description("Measured so far.")]
    public UsageStatus? Usage { get; init; }

    [XListType(ListType.Atomic), Description("What the pods hold, with those that are gone and not yet measured to their end.")]
    public IReadOnlyList<HoldingStatus> Holdings { get; init; } = [];

    [Description("What was said on chain.")]
    public SettlementStatus? Settlement { get; init; }

    [Description("Money, token smallest units. The chain is the truth.")]
    public EscrowStatus? Escrow { get; init; }

    [Description("Unix milliseconds when the workload was first seen stopped for good; 0 before.")]
    public long StoppedAtMs { get; init; }

    [Description("Unix milliseconds when the finalized close was first seen; 0 before.")]
    public long ClosedAtMs { get; init; }
}

public sealed record EndpointStatus
{
    [Required]
    public string Service { get; init; } = "";

    [Required]
    public string Port { get; init; } = "";

    [Required]
    public string Url { get; init; } = "";
}

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
}

/// <summary>Durable like the usage: a pod's devices and storage are billed by samples that are read after it has gone.</summary>
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
}

public sealed record SettlementStatus
{
    [Description("Sequence number of the last settled receipt.")]
    public long Seq { get; init; }

    [Description("Digest chain over the samples counted so far, 0x hex.")]
    public string? Evidence { get; init; }

    [Description("The last metering window is closed: no more usage can follow.")]
    public bool UsageIsFinal { get; init; }
}

public sealed record EscrowStatus
{
    [Description("Held and not yet claimed.")]
    public string Held { get; init; } = "0";

    [Description("Claimed by receipts, in all: paid, pending, frozen, or ruled to be the payer's.")]
    public string Claimed { get; init; } = "0";

    [Description("Claimed and not yet matured or collected.")]
    public string Pending { get; init; } = "0";

    [Description("Claimed and in dispute.")]
    public string Frozen { get; init; } = "0";

    [Description("Paid out, royalty and protocol fee included.")]
    public string Paid { get; init; } = "0";

    [Description("What usage measured so far is worth, claimed or not.")]
    public string Accrued { get; init; } = "0";

    [Description("Kept so that the notice is paid whatever the load, and who closes the lease is rewarded.")]
    public string ClosingReserve { get; init; } = "0";

    [Description("When escrow reaches the closing reserve at full load, RFC 3339; left out when not active.")]
    public string? ExpectedEnd { get; init; }
}
