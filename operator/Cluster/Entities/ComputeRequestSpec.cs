using System.Text.Json;
using Federation.Domain.Requesting;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Written by the tenant. No secret stands here: the wallet is the operator's, by reference to a keystore or a remote signer.</summary>
[ValidationRule("!has(self.renew) || self.renew.beforeSeconds < self.durationSeconds", Message = "A term is made longer before its end: renew.beforeSeconds is less than durationSeconds.")]
public sealed record ComputeRequestSpec
{
    /// <summary>As a ComputeLease has it; see <see cref="ComputeLeaseSpec.Workload"/>.</summary>
    [PreserveUnknownFields]
    public JsonElement? Workload { get; init; }

    [RangeMinimum(1), RangeMaximum(16), Description("Leases that run the workload at the same time. 1 when left out.")]
    public int? Replicas { get; init; }

    [Required, RangeMinimum(60), RangeMaximum(31622400), Description("Term of each lease from its activation, seconds. It can be made longer, never shorter.")]
    public long DurationSeconds { get; init; }

    [Pattern(Patterns.Address), MaxLength(42), Description("ERC-20 contract that is paid with; the deployment's own when left out.")]
    [ValidationRule("self == oldSelf", Message = "A lease is paid with the token that it was matched with: make another ComputeRequest.")]
    public string? Token { get; init; }

    [Required, Description("The most that is paid, token smallest units per 10^9 units of each meter.")]
    public ChainPrices MaxPrices { get; init; } = new();

    [Description("The most that is paid beside the meters. Nothing when left out.")]
    public MaxFeesEntry? MaxFees { get; init; }

    [RangeMinimum(0), RangeMaximum(10000), Description("The least that a second of downtime has to be credited with, basis points of the full rate: 10000 is all of it. Datacenters whose offers credit less are not chosen. Any credit when left out.")]
    public int? MinDowntimeBps { get; init; }

    [Description("Where the replicas may stand. No two in one datacenter when left out.")]
    public PlacementEntry? Placement { get; init; }

    [Required, Description("What is put into the escrow of each lease.")]
    public EscrowEntry Escrow { get; init; } = new();

    [Description("Terms are made longer before they end. When left out, a replica ends with its term.")]
    public RenewEntry? Renew { get; init; }

    [Description("When a replica goes to another datacenter, and begins anew there; also one whose datacenter ends it or does not make its term longer. None whose escrow is used up. When left out, none is replaced.")]
    public FailoverEntry? Failover { get; init; }

    [Pattern(Patterns.Address), MaxLength(42), Description("Who rules in disputes; none when left out.")]
    public string? Arbiter { get; init; }

    [RangeMinimum(0), RangeMaximum(2592000), Description("The longest notice that is agreed to, seconds: it is paid after a close. An hour when left out.")]
    public long? MaxNoticeSeconds { get; init; }
}

public sealed record MaxFeesEntry
{
    [Pattern(Patterns.Amount), MaxLength(78), Description("Due with the first receipt.")]
    public string? Start { get; init; }

    [Pattern(Patterns.Amount), MaxLength(78), Description("Owed once a lease was activated.")]
    public string? MinCharge { get; init; }

    [Pattern(Patterns.Amount), MaxLength(78), Description("Owed when a reservation is given up.")]
    public string? Reservation { get; init; }
}

[ValidationRule("!has(self.auditor) || has(self.capabilities)", Message = "An auditor attests capabilities: name those that are needed.")]
public sealed record PlacementEntry
{
    [Description("Datacenter: no two replicas in one datacenter. Region: no two in one region. None: wherever it is cheapest. Datacenter when left out.")]
    public Spread? Spread { get; init; }

    [Items(maxItems: 32), XListType(ListType.Set), MaxLength(64), Description("Regions as the registry names them; any when left out.")]
    public IReadOnlyList<string>? Regions { get; init; }

    [Items(maxItems: 64), XListType(ListType.Set), Pattern(Patterns.Address), MaxLength(42), Description("Datacenters that alone are asked, by their on-chain identity; any when left out.")]
    public IReadOnlyList<string>? Allow { get; init; }

    [Items(maxItems: 64), XListType(ListType.Set), Pattern(Patterns.Address), MaxLength(42), Description("Datacenters that are not asked. What is there when one is added goes elsewhere, one replica at a time.")]
    public IReadOnlyList<string>? Deny { get; init; }

    [Pattern(Patterns.Bits), Description("Bit map of capabilities that a datacenter must have, whole, such as 0x5.")]
    public string? Capabilities { get; init; }

    [Pattern(Patterns.Address), MaxLength(42), Description("Whose attestation of the capabilities counts; the datacenter's own word when left out.")]
    public string? Auditor { get; init; }

    [Pattern(Patterns.Amount), MaxLength(78), Description("Stake of the datacenter that is locked for no lease, smallest units.")]
    public string? MinStake { get; init; }
}

public sealed record EscrowEntry
{
    [Required, Pattern("^[1-9][0-9]{0,28}$"), Description("Smallest units that each lease begins with. What is not used comes back.")]
    public string Deposit { get; init; } = "";

    [Description("When more is put in. Never when left out.")]
    public TopUpEntry? TopUp { get; init; }
}

public sealed record TopUpEntry
{
    [Required, RangeMinimum(60), RangeMaximum(31536000), Description("Escrow that lasts less at full load is topped up, seconds.")]
    public long BelowSeconds { get; init; }

    [Required, Pattern("^[1-9][0-9]{0,28}$"), Description("Smallest units at a time.")]
    public string Amount { get; init; } = "";

    [Required, Pattern("^[1-9][0-9]{0,28}$"), Description("Smallest units that one lease gets in all, its deposit included.")]
    public string Max { get; init; } = "";
}

public sealed record RenewEntry
{
    [Required, RangeMinimum(30), RangeMaximum(31536000), Description("So long before its end a term is made longer by durationSeconds, at the prices of then and never above maxPrices.")]
    public long BeforeSeconds { get; init; }
}

public sealed record FailoverEntry
{
    [Required, RangeMinimum(30), RangeMaximum(604800), Description("A replica that has not been ready for so long is replaced, seconds.")]
    public long NotReadySeconds { get; init; }

    [Required, RangeMinimum(30), RangeMaximum(604800), Description("One whose datacenter has not answered for so long is, seconds.")]
    public long SilentSeconds { get; init; }

    [RangeMinimum(1), RangeMaximum(1000), Description("Replacements in all until the spec changes. 10 when left out.")]
    public int? MaxReplacements { get; init; }
}
