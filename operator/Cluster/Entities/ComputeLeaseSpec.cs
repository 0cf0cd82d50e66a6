using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <remarks>Nothing is required: a tenant's manifest names the workload alone.</remarks>
[ValidationRule("!has(oldSelf.chain) || has(self.chain)", Message = "spec.chain is what was agreed on chain: it cannot be removed here.")]
public sealed record ComputeLeaseSpec
{
    [Description("The lease as it stands on chain. Written by the operator alone, compared with the chain on every pass.")]
    [ValidationRule("self == oldSelf", Message = "spec.chain is what was agreed on chain: it cannot be changed here.")]
    public ChainSpec? Chain { get; init; }

    /// <summary>
    /// As the tenant wrote it, to the last field: its hash is on chain. The CRD carries the schema of
    /// <see cref="WorkloadSchema"/> without pruning, so that an unknown field is refused by name and not dropped.
    /// </summary>
    [PreserveUnknownFields]
    public JsonElement? Workload { get; init; }
}

public sealed record ChainSpec
{
    [Required, RangeMinimum(1), Description("EIP-155 chain id.")]
    public long ChainId { get; init; }

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Contract that holds the lease.")]
    public string LeaseManager { get; init; } = "";

    [Required, Pattern(Patterns.Hash), MaxLength(66), Description("keccak256(requestHash, fillIndex).")]
    public string LeaseId { get; init; } = "";

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Who pays and gets the refund.")]
    public string Tenant { get; init; } = "";

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("On-chain identity of the datacenter.")]
    public string Provider { get; init; } = "";

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("ERC-20 contract that everything here is priced in.")]
    public string Token { get; init; } = "";

    [Required, Pattern(Patterns.Hash), MaxLength(66), Description("Keccak-256 of the workload's canonical JSON (RFC 8785).")]
    public string SpecHash { get; init; } = "";

    [Required, Description("What the lease reserves, over all replicas.")]
    public ChainResources Resources { get; init; } = new();

    [Required, Description("Token smallest units per 10^9 units of each meter.")]
    public ChainPrices Prices { get; init; } = new();

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units owed once the lease was activated.")]
    public string MinCharge { get; init; } = "0";

    [Required, RangeMinimum(0), Description("Term from activation, seconds.")]
    public long DurationSeconds { get; init; }

    [Required, RangeMinimum(0), Description("Workload and pay go on for this long after a close, seconds.")]
    public long NoticeSeconds { get; init; }

    [Required, RangeMinimum(0), Description("How long after the end the final receipt is awaited, seconds.")]
    public long SubmitSeconds { get; init; }

    [Required, RangeMinimum(0), Description("Unix seconds; without activation the reservation ends then.")]
    public long ActivateBy { get; init; }

    [Required, RangeMinimum(0), Description("Block of the match.")]
    public long MatchedBlock { get; init; }
}

public sealed record ChainResources
{
    [Required, RangeMinimum(0), Description("Millicores.")]
    public long CpuMilli { get; init; }

    [Required, RangeMinimum(0), Description("MiB of memory.")]
    public long MemoryMiB { get; init; }

    [Required, RangeMinimum(0), Description("MiB of volumes and scratch space.")]
    public long StorageMiB { get; init; }

    [Required, RangeMinimum(0), Description("Highest mean egress that can be billed, KiB per second.")]
    public long EgressKiBps { get; init; }

    [Required]
    public ChainGpu GpuA { get; init; } = new();

    [Required]
    public ChainGpu GpuB { get; init; } = new();
}

public sealed record ChainGpu
{
    [Required, Pattern(Patterns.Hash), MaxLength(66), Description("Keccak-256 of the model class's canonical text; all zero when unused.")]
    public string ClassHash { get; init; } = "";

    [Required, RangeMinimum(0), Description("Whole devices or MIG slices.")]
    public long Count { get; init; }
}

public sealed record ChainPrices
{
    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Per 10^9 millicore-seconds.")]
    public string Cpu { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Per 10^9 MiB-seconds.")]
    public string Memory { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Per 10^9 MiB-seconds.")]
    public string Storage { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Per 10^9 KiB.")]
    public string Egress { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Per 10^9 GPU-milliseconds of the first class.")]
    public string GpuA { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Per 10^9 GPU-milliseconds of the second class.")]
    public string GpuB { get; init; } = "0";
}
