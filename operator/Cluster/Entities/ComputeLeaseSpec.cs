using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <remarks>Nothing is required: a tenant's manifest names the workload alone.</remarks>
[ValidationRule("!has(oldSelf.chain) || has(self.chain)", Message = "spec.chain is what was agreed on chain: it cannot be removed here.")]
public sealed record ComputeLeaseSpec
{
    [Description("The lease as it stands on chain. Written by the operator alone, compared with the chain on every pass.")]
    [ValidationRule(
        "self.chainId == oldSelf.chainId && self.leaseManager == oldSelf.leaseManager && self.leaseId == oldSelf.leaseId && self.tenant == oldSelf.tenant "
        + "&& self.payer == oldSelf.payer && self.provider == oldSelf.provider && self.token == oldSelf.token",
        Message = "spec.chain is what was agreed on chain: whose lease it is cannot be changed here, and the operator sets back what else is.")]
    public ChainSpec? Chain { get; init; }

    /// <summary>
    /// As the tenant wrote it, to the last field: its hash is on chain. The CRD carries the schema of
    /// <see cref="WorkloadSchema"/> without pruning, so that an unknown field is refused by name and not dropped.
    /// </summary>
    [PreserveUnknownFields]
    public JsonElement? Workload { get; init; }

    [Description("Volumes that the tenant wants to have sent to it, once nothing runs: when the lease is over, or suspended.")]
    public ExportSpec? Export { get; init; }
}

public sealed record ExportSpec
{
    [Required, XListType(ListType.Set), Items(1, 64), Pattern(Patterns.Object), MaxLength(253)]
    [Description("Persistent volume claims of this namespace, as kubectl get persistentvolumeclaims names them.")]
    public IReadOnlyList<string> Volumes { get; init; } = [];

    [Required]
    public ExportTarget To { get; init; } = new();

    [RangeMinimum(1), RangeMaximum(2147483647)]
    [Description("Numeric user that reads: who wrote the files, where the storage keeps no group for them. 65532 when left out.")]
    public long? User { get; init; }
}

public sealed record ExportTarget
{
    [Required, Pattern(Patterns.Object), MaxLength(253)]
    [Description("Secret of this namespace; for each volume it has a key of the volume's name with the URL that a tar of it is put to. Such URLs are credentials: they stand nowhere else.")]
    public string Secret { get; init; } = "";
}

public sealed record ChainSpec
{
    [Required, RangeMinimum(1), Description("EIP-155 chain id.")]
    public long ChainId { get; init; }

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Contract that holds the lease.")]
    public string LeaseManager { get; init; } = "";

    [Required, Pattern(Patterns.Hash), MaxLength(66), Description("keccak256(requestHash, fillIndex).")]
    public string LeaseId { get; init; } = "";

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Who owns the lease.")]
    public string Tenant { get; init; } = "";

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Who put the escrow in and gets the refund.")]
    public string Payer { get; init; } = "";

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

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units due with the first receipt.")]
    public string StartFee { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units owed once the lease was activated.")]
    public string MinCharge { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units owed when the tenant gives the reservation up.")]
    public string ReservationFee { get; init; } = "0";

    [Required, RangeMinimum(0), Description("Term from activation, seconds.")]
    public long DurationSeconds { get; init; }

    [Required, RangeMinimum(0), Description("Workload and pay go on for this long after a close, seconds.")]
    public long NoticeSeconds { get; init; }

    [Required, RangeMinimum(0), Description("Unix seconds; without activation the reservation ends then.")]
    public long ActivateBy { get; init; }

    [Required, RangeMinimum(0), RangeMaximum(10000), Description("Credit for a second in which the workload was not ready, basis points of the full rate.")]
    public long DowntimeBps { get; init; }

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Rules in disputes; zero: none.")]
    public string Arbiter { get; init; } = "";

    [Required, Pattern(Patterns.Address), MaxLength(42), Description("Account of the app that gets a royalty; zero: none.")]
    public string RoyaltyTo { get; init; } = "";

    [Required, RangeMinimum(0), RangeMaximum(10000), Description("Royalty, basis points of the gross.")]
    public long RoyaltyBps { get; init; }

    [Required, Description("The tenant is a contract that wants its result.")]
    public bool Callback { get; init; }

    [Required, Description("What governance had set when the lease was matched.")]
    public ChainParameters Parameters { get; init; } = new();

    [Required, RangeMinimum(0), Description("Block of the match.")]
    public long MatchedBlock { get; init; }
}

public sealed record ChainParameters
{
    [Required, RangeMinimum(0), Description("How long after the end the final receipt is awaited, seconds.")]
    public long SubmitSeconds { get; init; }

    [Required, RangeMinimum(0), Description("Length of a maturity bucket, seconds: a claim waits one to two of them.")]
    public long MaturitySeconds { get; init; }

    [Required, RangeMinimum(0), Description("An arbiter that is silent for so long makes a draw, seconds.")]
    public long RulingSeconds { get; init; }

    [Required, RangeMinimum(0), RangeMaximum(10000), Description("Protocol fee, basis points of the gross.")]
    public long FeeBps { get; init; }

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units of the provider's stake that are locked for this lease.")]
    public string Slice { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units of the slice, for not activating or leaving without notice.")]
    public string Penalty { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units that a challenger bonds at least.")]
    public string DisputeBond { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units that an arbiter gets for a ruling.")]
    public string ArbiterFee { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), MaxLength(78), Description("Smallest units to the stranger who closes a lease whose time or escrow is over.")]
    public string Bounty { get; init; } = "0";
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
