using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Written by the operator alone. <see cref="Usage"/> is the durable state of metering: it is read back.</summary>
public sealed record ComputeLeaseStatus
{
    [Description("Generation of the spec that this is about.")]
    public long ObservedGeneration { get; init; }

    [Description("Reserved, WaitingForWorkload, Starting, Running, Suspended, Completed, Closing, Closed or Refused.")]
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

    [Description("What the jobs came to; left out until one has ended.")]
    public ResultsStatus? Results { get; init; }

    [Description("Where posting the result on chain stands; left out before anything is known of it.")]
    public PostStatus? Post { get; init; }

    [Description("What the workload's image tags mean, until it is amended; left out when it has none.")]
    public ImagesStatus? Images { get; init; }

    [XListType(ListType.Atomic), Description("The names that services are to be reached by; left out when there are none.")]
    public IReadOnlyList<HostnameStatus>? Hostnames { get; init; }

    [XListType(ListType.Atomic), Description("What came of sending volumes, the last try of each; left out when there was none.")]
    public IReadOnlyList<VolumeExportStatus>? Exports { get; init; }

    [Description("What was said on chain.")]
    public SettlementStatus? Settlement { get; init; }

    [Description("Money, token smallest units. The chain is the truth.")]
    public EscrowStatus? Escrow { get; init; }

    [Description("What the chain last said of the lease: by that an operator goes on which starts while the chain is away. Left out before it said anything.")]
    public LastChainStatus? Chain { get; init; }

    [Description("The workload stands still until escrow is topped up; left out when it does not, and what was kept is measured.")]
    public SuspensionStatus? Suspension { get; init; }

    [Description("Time in which replicas were not ready and the datacenter answers for it: it is credited as the lease's terms say. Left out while there was none.")]
    public DowntimeStatus? Downtime { get; init; }

    [Description("A container of the workload has run once; left out before.")]
    public bool? HasStarted { get; init; }

    [Description("Since when the workload could have started and no container of it has, or waits for a place, RFC 3339; after spec.keep.startSeconds of the Datacenter its lease is closed.")]
    public string? StartingSince { get; init; }

    [Description("Until when what is left of a lease that is over stays, its volumes above all, RFC 3339; left out before.")]
    public string? RetainedUntil { get; init; }

    [Description("Unix milliseconds when the workload was first seen stopped for good; 0 before.")]
    public long StoppedAtMs { get; init; }

    [Description("Unix milliseconds when the finalized close was first seen; 0 before.")]
    public long ClosedAtMs { get; init; }
}

/// <summary>Durable: it is read back where the chain cannot be.</summary>
public sealed record LastChainStatus
{
    [Required, Description("Reserved, Active, Closing or Closed.")]
    public string State { get; init; } = "";

    [Description("Why it ends; left out before.")]
    public string? Reason { get; init; }

    [Description("RFC 3339; left out before.")]
    public string? ActivatedAt { get; init; }

    [Description("Until when the last settlement counts, RFC 3339; left out while there is none.")]
    public string? SettledThrough { get; init; }

    [Description("When the notice is over, RFC 3339; left out while nobody has given any.")]
    public string? EndsAt { get; init; }

    [Description("Of an amended lease, what is added to what its usage costs by the present terms, token smallest units.")]
    public string? DueOffset { get; init; }

    [Description("The same for what the reserved capacity can cost.")]
    public string? CapOffset { get; init; }
}

/// <summary>Durable: who proved a name first keeps it.</summary>
public sealed record HostnameStatus
{
    [Required]
    public string Hostname { get; init; } = "";

    [Required]
    public string Service { get; init; } = "";

    [Required, Description("Name of the service's port.")]
    public string Port { get; init; } = "";

    [Required, Description("Where it is reached once it is routed.")]
    public string Url { get; init; } = "";

    [Description("Unix milliseconds when the lease got it; 0: it has not.")]
    public long HeldSinceMs { get; init; }

    [Required, Description("GivenOut or Proven; ProofMissing, ProofUnreadable or NameTaken as long as the lease has not got it.")]
    public string Reason { get; init; } = "";

    [Description("What is missing, and what to do; left out when nothing is.")]
    public string? Message { get; init; }
}

/// <summary>Durable: it is signed. The pod that knew it is gone.</summary>
public sealed record VolumeExportStatus
{
    [Required, Description("Name of the claim.")]
    public string Volume { get; init; } = "";

    [Required, Description("Secret that had the URL.")]
    public string Secret { get; init; } = "";

    [Required, Description("When it was sent, or when that failed, unix seconds.")]
    public long ExportedAt { get; init; }

    [Description("SHA-256 of the tar that was sent, 0x hex; left out when it failed.")]
    public string? Digest { get; init; }

    [Description("Bytes of it.")]
    public string? Size { get; init; }

    [Description("By the datacenter's operator key over VolumeExport(bytes32 leaseId,string volume,bytes32 digest,uint64 size,uint64 exportedAt), EIP-712, in the domain of receipts.")]
    public string? Signature { get; init; }

    [Description("Why it failed; left out when it did not.")]
    public string? Problem { get; init; }

    [Description("Tries in a row that failed; left out when the last did not.")]
    public long? Failures { get; init; }

    [Description("The workload has run since: the volume may hold something else now.")]
    public bool? Outdated { get; init; }
}

/// <summary>Durable: receipts credit it.</summary>
public sealed record DowntimeStatus
{
    [Description("Milliseconds, of what is over. Where a part of the replicas was down, that part of the time.")]
    public long BeforeMs { get; init; }

    [Description("Unix milliseconds since when replicas are down now; 0 when none is.")]
    public long SinceMs { get; init; }

    [Description("Replicas that are down now.")]
    public int Down { get; init; }

    [Description("Replicas that there should be, while some are down.")]
    public int Of { get; init; }
}

/// <summary>Durable: the grace's end was promised, and volumes are billed by it.</summary>
public sealed record SuspensionStatus
{
    [Required, Description("RFC 3339, by the chain's clock.")]
    public string Since { get; init; } = "";

    [Required, Description("When the lease is closed unless escrow was topped up, RFC 3339, by the chain's clock.")]
    public string Until { get; init; } = "";

    [Description("Unix milliseconds when nothing ran any more; 0 before. From then on volumes are billed by themselves.")]
    public long StoppedAtMs { get; init; }

    [Description("Unix milliseconds when it was over; 0 while it lasts.")]
    public long EndedAtMs { get; init; }

    [XListType(ListType.Atomic), Description("Volumes that are kept and billed.")]
    public IReadOnlyList<KeptVolumeStatus> Volumes { get; init; } = [];
}

public sealed record KeptVolumeStatus
{
    [Required, Description("UID of the claim.")]
    public string Uid { get; init; } = "";

    [Required]
    public long MiB { get; init; }
}

public sealed record EndpointStatus
{
    [Required]
    public string Service { get; init; } = "";

    [Required]
    public string Port { get; init; } = "";

    [Required]
    public string Url { get; init; } = "";

    [Description("Reached from outside of the cluster; left out where it is reached inside only.")]
    public bool? Exposed { get; init; }
}

/// <summary>Durable: pods may be gone before their results are posted. With a digest it is whole and stays as it is.</summary>
public sealed record ResultsStatus
{
    [Required, Description("Hash of the workload that the jobs are of, 0x hex.")]
    public string SpecHash { get; init; } = "";

    [XListType(ListType.Atomic), Description("By name.")]
    public IReadOnlyList<JobResultStatus> Jobs { get; init; } = [];

    [Description("Keccak-256 over the shards' digests one after the other, by job and in ascending order; of a single shard its own. Left out until all jobs have ended.")]
    public string? Digest { get; init; }

    [Description("0: all went well. Else the exit code of the first job that gave up; 256: none is known. Left out until all jobs have ended.")]
    public long? Status { get; init; }
}

public sealed record JobResultStatus
{
    [Required]
    public string Name { get; init; } = "";

    [Required, Description("UID of the Job.")]
    public string Uid { get; init; } = "";

    [XListType(ListType.Atomic), Description("Those that ended well, and the last failed one as long as some are missing.")]
    public IReadOnlyList<ShardResultStatus> Shards { get; init; } = [];
}

public sealed record ShardResultStatus
{
    [Required, Description("UID of the pod.")]
    public string PodUid { get; init; } = "";

    [Description("Of a shard that failed; left out when it ended well.")]
    public long? ExitCode { get; init; }

    [Required, Description("Keccak-256 of the result, 0x hex.")]
    public string Digest { get; init; } = "";

    [Required, Description("Bytes of the result.")]
    public long Size { get; init; }

    [Description("The result; left out when it is empty, or too large to be kept.")]
    public string? Text { get; init; }

    [Required, Description("Unix milliseconds.")]
    public long EndedAtMs { get; init; }
}

/// <summary>Durable: a tag may mean something else by now.</summary>
public sealed record ImagesStatus
{
    [Required, Description("Hash of the workload that they are of, 0x hex.")]
    public string SpecHash { get; init; } = "";

    [XListType(ListType.Atomic), Description("By reference.")]
    public IReadOnlyList<ImageStatus> Pins { get; init; } = [];
}

public sealed record ImageStatus
{
    [Required, Description("Reference as the workload has it.")]
    public string Image { get; init; } = "";

    [Required, Description("What its tag meant when it was first asked for.")]
    public string Digest { get; init; } = "";
}

public sealed record PostStatus
{
    [Description("Hash of the transaction that posted it, 0x hex; left out when it is not known.")]
    public string? Transaction { get; init; }

    [Description("As the result board holds it at the confirmed depth; left out when it holds none.")]
    public PostedStatus? Posted { get; init; }

    [Description("Finalized: it is not looked at again.")]
    public bool IsSettled { get; init; }

    [Description("Why the contract will never take it; left out when it may.")]
    public string? Refusal { get; init; }
}

public sealed record PostedStatus
{
    [Required, Description("0x hex.")]
    public string Digest { get; init; } = "";

    [Required]
    public long Status { get; init; }

    [Required, Description("The tenant is a contract that asked to be called with it.")]
    public bool CallsTenant { get; init; }

    [Required, Description("The call went through.")]
    public bool Delivered { get; init; }
}

public sealed record SettlementStatus
{
    [Description("Sequence number of the last settled receipt.")]
    public long Seq { get; init; }

    [Description("Number of the last metering window that was closed, from 1.")]
    public long? Window { get; init; }

    [Description("Root over the evidence of all windows so far, 0x hex.")]
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
