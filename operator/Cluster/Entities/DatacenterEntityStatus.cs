using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

public sealed record DatacenterEntityStatus
{
    [Description("Generation of the spec that this is about.")]
    public long ObservedGeneration { get; init; }

    [XListType(ListType.Map), XListMapKeys("type")]
    public IReadOnlyList<ConditionEntry> Conditions { get; init; } = [];

    [XListType(ListType.Map), XListMapKeys("class"), Description("What the nodes have and who was promised it, by cpu, memory and GPU class.")]
    public IReadOnlyList<CapacityStatus> Capacity { get; init; } = [];

    [Description("GPU devices of all classes together.")]
    public DeviceStatus? Devices { get; init; }

    public ChainStatus? Chain { get; init; }

    [Description("What the registry on chain says of this provider.")]
    public RegistrationStatus? Registration { get; init; }

    [Description("Leases that are not over.")]
    public long Leases { get; init; }

    [Description("Credited so far for all leases that ever were, after royalties and the protocol's fee; what delegators got of it is in it. Smallest units of the price book's token.")]
    public string Earnings { get; init; } = "0";

    [Description("What the earnings are the sum of.")]
    public EarningsSourceStatus? EarningsSource { get; init; }
}

public sealed record CapacityStatus
{
    [Required, Description("cpu, memory, storage, or the canonical text of a GPU class.")]
    public string Class { get; init; } = "";

    [Required, Description("Quantity on all nodes that take pods; of storage what spec.storageMiB names, or these nodes have of scratch space.")]
    public string Allocatable { get; init; } = "0";

    [Description("Promised by open quotes and bids.")]
    public string Held { get; init; } = "0";

    [Description("Promised by leases, whether their pods use it or not. Of storage also volumes that are kept of leases which are over.")]
    public string Leased { get; init; } = "0";

    [Required, Description("What may be promised. Pods that belong to no lease have what is in none of the three.")]
    public string Free { get; init; } = "0";
}

public sealed record DeviceStatus
{
    public long Allocatable { get; init; }

    public long Held { get; init; }

    public long Leased { get; init; }

    public long Free { get; init; }
}

public sealed record ChainStatus
{
    [Description("Newest block seen.")]
    public long Head { get; init; }

    [Description("Newest block that cannot be rewritten.")]
    public long Finalized { get; init; }

    [Description("Age of the newest block, seconds.")]
    public long LagSeconds { get; init; }
}

public sealed record EarningsSourceStatus
{
    public long ChainId { get; init; }

    public string LeaseManager { get; init; } = "";

    public string Provider { get; init; } = "";

    public string Token { get; init; } = "";

    [Description("Payments up to this block are in it; it cannot be rewritten.")]
    public long ThroughBlock { get; init; }
}

public sealed record RegistrationStatus
{
    [Description("Key that the registry takes Offers, activations and receipts from.")]
    public string Operator { get; init; } = "";

    [Description("Earnings are credited to it.")]
    public string Payout { get; init; } = "";

    [Description("The registry takes new leases of this provider.")]
    public bool Active { get; init; }

    [Description("Stake in its pool, delegated stake included, token smallest units.")]
    public string Stake { get; init; } = "0";

    [Description("Of the stake, what no lease has locked.")]
    public string FreeStake { get; init; } = "0";

    [Description("Bit map of capabilities that it claims.")]
    public string? Capabilities { get; init; }

    [Description("Hash of the price book that was published last; none was when it is not there.")]
    public string? PriceBook { get; init; }

    [XListType(ListType.Map), XListMapKeys("auditor"), Description("What the auditors of the spec attest.")]
    public IReadOnlyList<AttestationStatus>? Attestations { get; init; }
}

public sealed record AttestationStatus
{
    [Required]
    public string Auditor { get; init; } = "";

    [Description("Bit map of capabilities that are attested.")]
    public string Bits { get; init; } = "0x0";

    [Description("When it ends, by the chain's clock; there is none when it is not there.")]
    public DateTimeOffset? ExpiresAt { get; init; }
}
